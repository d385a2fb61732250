"""docs/api.md and the code agree: each public name with its signature, each constant with its value, nothing else."""

import json
import pathlib
import re

import runner

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "api.md"

# Everything public that a board offers. What a prefix names in the page: see LOOK_UP.
LIST = """
from network import Bluetooth
import json, machine, network, pycom

mesh = Bluetooth.BLE_Mesh
element = mesh.create_element(primary=True)
model = element.add_model(mesh.GEN_ONOFF, mesh.SERVER)
provisioner = mesh.provisioner()
%s
def public(thing):
    for name in dir(thing):
        if not name.startswith("_"):
            yield name, getattr(thing, name)

found = {}
for prefix, thing in scopes.items():
    for name, value in public(thing):
        signature = getattr(value, "__text_signature__", None) if callable(value) else None
        if isinstance(value, int):
            found[prefix + name] = value
        elif signature is not None and not (isinstance(value, type) and signature == "()" and prefix == ""):
            found[prefix + name] = signature
        else:
            found[prefix + name] = None
        assert value.__doc__, prefix + name + " says nothing about itself"
text = json.dumps(found)
for i in range(0, len(text), 400):
    print(text[i:i+400])
"""

SCOPES = """
scopes = {"pycom.": pycom, "Timer.": machine.Timer, "Alarm.": machine.Timer.Alarm, "Chrono.": machine.Timer.Chrono,
          "BLE_Mesh.": mesh, "element.": type(element), "model.": type(model),
          "provisioner.": type(provisioner)}
"""


def headings(text):
    """The names that the page describes: a heading with code in it."""
    return dict(re.match(r"([\w.]+)(\(.*\))?$", code).groups() for code in re.findall(r"^###+ `(.+)`$", text, re.M))


def constants(text):
    """What the page's tables of constants say: `NAME` = value."""
    return {name: int(value, 0) for name, value in re.findall(r"`(\w+)` ?= ?(0x[0-9a-f]+|\d+)", text)}


class ApiPage(runner.ScriptTest):
    def setUp(self):
        super().setUp()
        self.text = PAGE.read_text()
        self.found = json.loads("".join(self.prints(LIST % SCOPES, seconds=1)))

    def test_every_function_is_described_with_its_signature_and_nothing_else(self):
        functions = {name: value for name, value in self.found.items() if not isinstance(value, int)}
        self.assertEqual(headings(self.text), functions)

    def test_every_constant_is_listed_with_its_value(self):
        values = {name.split(".")[1]: value for name, value in self.found.items() if isinstance(value, int)}
        self.assertEqual(constants(self.text), values)


if __name__ == "__main__":
    runner.main()
