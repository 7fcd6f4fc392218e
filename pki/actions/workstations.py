"""Changing what people have written about workstations: name, comment, tags, saved views."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import Conflict, InvalidInput
from pki.models import SavedView, Tag, Workstation
from pki.x509.names import printable

TAG_LIMIT = 40
MOST_TAGS = 20


def change_workstation(
    workstation: Workstation, *, name: str, comment: str, tags: Sequence[str], actor: Actor
) -> Workstation:
    """Raises InvalidInput on ``name``, ``comment`` or ``tags``."""
    if not name.strip() or len(name.strip()) > 100:
        raise InvalidInput(
            "Give the workstation a name of 1 to 100 characters.",
            code="workstation.name",
            field="name",
        )
    if len(comment) > 500:
        raise InvalidInput(
            "The comment has more than 500 characters. Shorten it.",
            code="workstation.comment",
            field="comment",
        )
    wanted = checked_tags(tags)
    with transaction.atomic():
        row = Workstation.objects.select_for_update().get(pk=workstation.pk)
        before = row.name
        row.name, row.comment = printable(name.strip()), comment.strip()
        row.save(update_fields=["name", "comment"])
        row.tags.set([tag(word) for word in wanted])
        record(actor, "workstation.changed", row, before=before, tags=wanted)
    return row


def dismiss_alternation(workstation: Workstation, *, actor: Actor) -> Workstation:
    """It is one machine after all, or the copy is gone; said again if it goes on.

    Raises Conflict ``workstation.not_alternating``.
    """
    with transaction.atomic():
        row = Workstation.objects.select_for_update().get(pk=workstation.pk)
        if row.alternates_since is None:
            raise Conflict(
                f"{row.name} is not flagged any more; nothing was changed.",
                code="workstation.not_alternating",
            )
        since, row.alternates_since, row.identities = row.alternates_since, None, []
        row.save(update_fields=["alternates_since", "identities"])
        record(actor, "workstation.alternation_dismissed", row, since=since.isoformat())
    return row


def tag_workstations(
    workstations: Iterable[Workstation], word: str, *, actor: Actor, remove: bool = False
) -> int:
    """Put ``word`` on all of them, or take it off; how many there were. One audit event."""
    [checked] = checked_tags([word]) or [""]
    if not checked:
        raise InvalidInput("Enter a tag.", code="tag.missing", field="tag")
    keys = [row.pk for row in workstations]
    with transaction.atomic():
        found = tag(checked)
        if remove:
            found.workstations.remove(*keys)
        else:
            found.workstations.add(*keys)
        record(actor, "workstation.tagged", tag=checked, removed=remove, workstations=len(keys))
    return len(keys)


def checked_tags(words: Iterable[str]) -> list[str]:
    tags = list(dict.fromkeys(printable(word).strip() for word in words if word.strip()))
    for word in tags:
        if len(word) > TAG_LIMIT or "," in word:
            raise InvalidInput(
                f"A tag has at most {TAG_LIMIT} characters and no comma.",
                code="tag.unusable",
                field="tags",
            )
    if len(tags) > MOST_TAGS:
        raise InvalidInput(
            f"A workstation can have {MOST_TAGS} tags.", code="tag.too_many", field="tags"
        )
    return tags


def tag(word: str) -> Tag:
    return Tag.objects.get_or_create(name=word)[0]


def save_view(name: str, query: str, *, actor: Actor) -> SavedView:
    """Raises InvalidInput ``view.name`` and Conflict ``view.exists``."""
    if not name.strip() or len(name.strip()) > 60 or len(query) > 1000:
        raise InvalidInput(
            "Give the view a name of 1 to 60 characters.", code="view.name", field="name"
        )
    try:
        with transaction.atomic():
            view = SavedView.objects.create(
                name=name.strip(), query=query, created_by=actor.name[:150]
            )
            record(actor, "view.saved", view, query=query)
    except IntegrityError:
        raise Conflict(
            f"There is a view called “{name.strip()}” already. Choose another name.",
            code="view.exists",
            field="name",
        ) from None
    return view


def delete_view(view: SavedView, *, actor: Actor) -> None:
    with transaction.atomic():
        record(actor, "view.deleted", view, query=view.query)
        view.delete()
