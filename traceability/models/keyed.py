"""What remembers the key that it was sent with."""

from django.db import models


class Keyed(models.Model):
    """Sent once by a client under a key. The same key with other content is refused."""

    client = models.CharField(max_length=64, db_collation="C")
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.BinaryField(max_length=32, editable=False)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="%(class)s_is_sent_once")]
