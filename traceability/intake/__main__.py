"""`python -m traceability.intake PATH NAME`: the process that looks at one file. Prints what it found as JSON."""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from traceability.intake import Refused

MEMORY = 1024**3
CPU_SECONDS = 30
FILE_SIZE = 128 * 1024**2


def main() -> None:
    # Set here and not by the parent, whose threads would have to be forked with Python code still to run.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from traceability.intake import kinds

    try:
        told = asdict(kinds.look(Path(sys.argv[1]), sys.argv[2]))
    except Refused as refused:
        told = {"refused": refused.code, "why": refused.why}
    except MemoryError:
        told = {"refused": "file_broken", "why": "It needs more memory than a file may."}
    except Exception:
        told = {"refused": "file_broken", "why": "It could not be read."}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
