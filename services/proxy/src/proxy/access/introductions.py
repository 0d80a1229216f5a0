"""Notes who asks where trusted addresses say so, and nobody is asked for a key."""

from dataclasses import dataclass

from proxy.access.entries import Entry
from proxy.access.grants import NOWHERE, Grant, Party
from proxy.access.trust import Trust, UnreadableUser
from proxy.heads import RequestHead
from proxy.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Introduction:
    """A Threshold."""

    trust: Trust

    def __call__(self, head: RequestHead, recorder: Recorder) -> None:
        """See Threshold."""
        try:
            user = self.trust.user_of(head)
        except UnreadableUser:  # nobody is kept out here: it is one whom nobody knows
            return
        if not user:
            return
        # all that is known of them is their name: nothing is limited, and nothing counted
        grant = Grant((Party(user, Entry(user, manage=True), NOWHERE),))
        recorder.story.user, recorder.story.grant, head.caller = user, grant, grant.caller
