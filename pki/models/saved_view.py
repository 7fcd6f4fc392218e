"""A list of workstations that someone looks at again and again."""

from django.db import models


class SavedView(models.Model):
    """Filters under a name; everybody sees it, as colleagues talk of the same lists."""

    name = models.CharField(max_length=60, unique=True)
    #: The filters as in the list's address, without a page.
    query = models.CharField(max_length=1000)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/workstations/?{self.query}"
