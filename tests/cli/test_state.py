"""blemesh run --state: the boards and the provisioner of one run are those of the next."""

import os
import sqlite3
import time

from command import BLINKER, SWITCH, check, events_of, main, prints, run, select, start

LAMP = BLINKER + """
print("state", lamp.get_state())
"""
TOLD = """
def told(event, oob):
    print("event", event == mesh.PROV_COMPLETE_EVT)
""" + SWITCH.replace("callback=None", "callback=told")


def again(folder, *words, **more):
    status, out, err = run(folder, "--state", "st", "--json", *words, **more)
    check(status == 0 and not err, f"the run ends well ({status}, {err})")
    return events_of(out)


def a_second_run_goes_on(folder):
    lamp, switch = folder.write("lamp.py", LAMP), folder.write("switch.py", TOLD)
    events = again(folder, "--virtual", "--for", "40s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    check(prints(events, "lamp") == ["state False", "lamp True"], "the first run provisions and switches")
    events = again(folder, "--virtual", "--for", "5s", lamp, switch,
                   "--type", "switch@ready+1s:switch.set_state(False)")
    check(not select(events, event="provision"), "the second run provisions nobody")
    check([e["state"] for e in select(events, event="prov", board="lamp")] == ["restored"], "the lamp is restored")
    check(select(events, event="prov", board="switch")[0]["address"] == 3, "under its address")
    check(len(select(events, event="ready")) == 1, "and ready is told")
    check(prints(events, "lamp") == ["state True", "lamp False"], "the lamp was on; AppKey and binding are there")
    check("event True" in prints(events, "switch"), "a script hears PROV_COMPLETE_EVT again")
    events = again(folder, "--for", "3s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    check(prints(events, "lamp")[-1] == "lamp True", "a run in real time goes on too")


def a_board_more_gets_an_address_of_its_own(folder):
    lamp, switch = folder.write("lamp.py", LAMP), folder.write("switch.py", SWITCH)
    again(folder, "--virtual", "--for", "40s", lamp)
    events = again(folder, "--virtual", "--for", "60s", lamp, switch, "--type", "switch@ready+1s:switch.set_state(True)")
    check(select(events, event="prov", board="switch", state="complete")[0]["address"] == 3, "the next free one")
    check(prints(events, "lamp")[-1] == "lamp True", "and the keys of the same network")


def a_reset_board_is_taken_in_again(folder):
    lamp = folder.write("lamp.py", LAMP)
    again(folder, "--virtual", "--for", "40s", lamp)
    events = again(folder, "--virtual", "--for", "60s", lamp, "--type", "lamp@5s:mesh.reset_node_prov()")
    check(select(events, event="prov", board="lamp", state="complete")[0]["address"] == 3, "under a new address")
    events = again(folder, "--virtual", "--for", "5s", lamp)
    check(select(events, event="prov", board="lamp")[0]["address"] == 3, "which it keeps")


def a_changed_script_keeps_what_still_fits(folder):
    switch = folder.write("switch.py", SWITCH)
    again(folder, "--virtual", "--for", "60s", folder.write("lamp.py", LAMP), switch)
    more = LAMP.replace('lamp = element', 'level = element.add_model(mesh.GEN_LEVEL, mesh.SERVER)\nlamp = element')
    events = again(folder, "--virtual", "--for", "10s", folder.write("lamp.py", more), switch,
                   "--type", "switch@ready+1s:switch.set_state(True)")
    check(prints(events, "lamp")[-1] == "lamp True", "the lamp's binding is there beside a new model")
    two = LAMP.replace("mesh.init(", "mesh.create_element(primary=False)\nmesh.init(")
    events = again(folder, "--virtual", "--for", "60s", folder.write("lamp.py", two), switch)
    check(any("more elements" in e["text"] for e in select(events, board="lamp", event="warning")), "it says why")
    check(select(events, event="prov", board="lamp", state="complete"), "more elements are provisioned anew")


def a_board_of_an_unknown_network_is_named(folder):
    lamp = folder.write("lamp.py", LAMP)
    again(folder, "--virtual", "--for", "40s", lamp)
    for name in ("provisioner.db", "provisioner.db-wal"):
        if (folder.path / "st" / name).exists():
            (folder.path / "st" / name).unlink()
    events = again(folder, "--virtual", "--for", "20s", lamp)
    text = select(events, event="provision", step="given_up")[0]["text"]
    check("does not know" in text, f"given up: {text}")


OWNER = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True)
switch = element.add_model(mesh.GEN_ONOFF, mesh.CLIENT)

def on_progress(event, uuid, value):
    if event == mesh.DEVICE_PROVISIONED_EVT:
        prov.configure(value)

prov = mesh.provisioner(callback=on_progress, ARGUMENTS)
prov.add_app_key(5)
prov.on_device(lambda uuid, rssi, oob: prov.provision(uuid, oob="blinks"))
prov.start()
"""
NODES = "owner@20s:print(sorted((n['addr'], n['configured']) for n in prov.nodes()))"


def a_scripts_provisioner_goes_on_with_its_network(folder):
    owner, lamp = folder.write("owner.py", OWNER.replace("ARGUMENTS", "")), folder.write("lamp.py", LAMP)
    again(folder, "--virtual", "--for", "30s", owner, lamp)
    events = again(folder, "--virtual", "--for", "40s", owner, lamp, folder.write("more.py", LAMP), "--type", NODES,
                   "--type", "owner@25s:switch.set_state(True)")
    check([e["state"] for e in select(events, event="prov", board="lamp")] == ["restored"], "the lamp stays what it is")
    check(not select(events, event="provision"), "the command's own provisioner says nothing")
    check("[(2, True), (3, True)]" in prints(events, "owner"), "its nodes are known, a new one has the next address")
    check(prints(events, "lamp")[-1] == prints(events, "more")[-1] == "lamp True", "it switches both: the same keys")
    events = again(folder, "--virtual", "--for", "40s", owner, lamp, "--type", "owner@5s:prov.reset_node(2)",
                   "--type", NODES)
    check("[(3, True), (4, True)]" in prints(events, "owner"), "a node thrown out is taken in under a new address")
    events = again(folder, "--virtual", "--for", "30s", owner, lamp, "--type", NODES)
    check("[(3, True), (4, True)]" in prints(events, "owner"), "and that outlasts the run")
    for text in "net_key=bytes(16)", "app_key=bytes(16)", "addr=9":
        status, out, _ = run(folder, "--state", "st", "--virtual", "--for", "5s",
                             folder.write("owner.py", OWNER.replace("ARGUMENTS", text)))
        check(status == 1 and text.split("=", 1)[0] + " is not the one of" in str(out), f"{text} does not fit: {out}")


SENSOR = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True)
setup = element.add_model(mesh.SENSOR_SETUP, property_id=0x4f)
setup.set_state({0x75: 20.5, 0x43: 7}, state_type=mesh.STATE_SEN_SET_SETTINGS)
mesh.init("sensor", callback=None)
mesh.set_node_prov(mesh.PROV_ADV)
print(setup.get_state(state_type=mesh.STATE_SEN_SET_CADENCE)["min_interval"])
for setting in 0x75, 0x43:
    print(setup.get_state(state_type=mesh.STATE_SEN_SET_SETTING, setting_id=setting)["value"])
"""
ADJUST = """
from network import Bluetooth
mesh = Bluetooth.BLE_Mesh
Bluetooth()
element = mesh.create_element(primary=True)
setup = element.add_model(mesh.SENSOR_SETUP, mesh.CLIENT, property_id=0x4f)
mesh.init("adjust", callback=None)
mesh.set_node_prov(mesh.PROV_ADV)
"""


def cadence_and_settings_outlast_the_run(folder):
    sensor, adjust = folder.write("sensor.py", SENSOR), folder.write("adjust.py", ADJUST)
    cadence = 'adjust@ready+1s:setup.set_state({"min_interval": 2.048}, 2, state_type=mesh.STATE_SEN_SET_CADENCE)'
    setting = "adjust@ready+2s:setup.set_state(-3.5, 2, state_type=mesh.STATE_SEN_SET_SETTING, setting_id=0x75)"
    own = "sensor@ready+3s:setup.set_state(9, state_type=mesh.STATE_SEN_SET_SETTING, setting_id=0x43)"
    events = again(folder, "--virtual", "--for", "40s", sensor, adjust, "--type", cadence, "--type", setting, "--type", own)
    check(prints(events, "sensor") == ["0.001", "20.5", "7.0"], "the first run has the script's values")
    events = again(folder, "--virtual", "--for", "5s", sensor, adjust)
    check(prints(events, "sensor") == ["2.048", "-3.5", "9.0"],
          f"the second has what was set: {prints(events, 'sensor')}")


def refused(folder, wanted, *words):
    status, _, err = run(folder, "--for", "2s", *words)
    check(status == 2 and wanted in err and err.count("\n") == 1, f"{wanted!r} in one line: {err!r}")


def what_is_wrong_is_said_in_one_line(folder):
    lamp = folder.write("lamp.py", LAMP)
    st = folder.path / "st"
    refused(folder, "is not a directory", "--state", lamp + "", lamp)
    refused(folder, "cannot make", "--state", "no/such", lamp)
    st.mkdir(mode=0o755)
    os.chmod(st, 0o755)
    refused(folder, "open to other users", "--state", st, lamp)
    os.chmod(st, 0o700)
    again(folder, "--virtual", "--for", "40s", lamp)
    os.chmod(st / "lamp.db", 0o640)
    refused(folder, "open to other users", "--state", st, lamp)
    (st / "lamp.db").write_text("not a store at all, but long enough to be read as the header of one, maybe\n" * 4)
    os.chmod(st / "lamp.db", 0o600)
    refused(folder, "damaged, or not a store", "--state", st, lamp)
    (st / "lamp.db").unlink()
    process = start(folder, "--state", st, "--for", "5s", lamp)
    time.sleep(1.5)
    refused(folder, "in use by another run", "--state", st, lamp)
    process.kill()
    process.communicate()


def spoilt_records_start_a_board_on_the_safe_side(folder):
    lamp = folder.write("lamp.py", LAMP)
    again(folder, "--virtual", "--for", "40s", lamp)
    with sqlite3.connect(folder.path / "st" / "lamp.db") as db:
        db.execute("DELETE FROM record WHERE kind=2")
    db.close()
    events = again(folder, "--virtual", "--for", "5s", lamp)
    check("sequence numbers were lost" in select(events, board="lamp", event="warning")[0]["text"], "it is told")


main(a_second_run_goes_on, a_scripts_provisioner_goes_on_with_its_network, a_board_more_gets_an_address_of_its_own, a_reset_board_is_taken_in_again,
     a_changed_script_keeps_what_still_fits, a_board_of_an_unknown_network_is_named,
     cadence_and_settings_outlast_the_run, what_is_wrong_is_said_in_one_line, spoilt_records_start_a_board_on_the_safe_side)
