"""Every name of the original API is there. What these are stands beside the project, not in it: without that the whole test
is skipped, and says so."""

import json
import re
import sys

import runner
from test_api_page import LIST, ROOT, SCOPES

FACTS = ROOT.parent / "shared" / "facts" / "ble_mesh_api.md"


class OriginalApi(runner.ScriptTest):
    def test_every_name_of_the_original_is_there(self):
        facts = FACTS.read_text()
        found = json.loads("".join(self.prints(LIST % SCOPES, seconds=1)))
        wanted = set(re.findall(r"`([A-Z][A-Z_]+)`", facts))
        wanted |= set(re.findall(r"`(?:\w+\.)*(\w+)\(", facts))
        here = {name.split(".")[-1] for name in found} | {"Bluetooth"}
        others = {"sleep", "handler", "STATE_"}
        self.assertEqual(wanted - here - others, set())


if __name__ == "__main__":
    if not FACTS.is_file():
        print("skipped: the facts about the original API are not beside the project:", FACTS)
        sys.exit(77)
    runner.main()
