"""Pages about the guns themselves: does mine send what it should, and the sheet of commands."""
