"""The checker of pod security can fail: each control is broken once, and found, and nothing else is."""

import copy

import pytest

from tests.content.pod_security import baseline, pod_templates, restricted

GOOD = {
    "metadata": {"annotations": {}},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "app",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    },
}
POD, OWN = ("spec", "securityContext"), ("spec", "containers", 0, "securityContext")
APPARMOR = "container.apparmor.security.beta.kubernetes.io/app"
BASELINE = [
    ("HostProcess", (*POD, "windowsOptions"), {"hostProcess": True}),
    ("HostProcess", (*OWN, "windowsOptions"), {"hostProcess": True}),
    ("Host Namespaces", ("spec", "hostNetwork"), True),
    ("Host Namespaces", ("spec", "hostPID"), True),
    ("Host Namespaces", ("spec", "hostIPC"), True),
    ("Privileged Containers", (*OWN, "privileged"), True),
    ("Capabilities", (*OWN, "capabilities", "add"), ["SYS_ADMIN"]),
    ("HostPath Volumes", ("spec", "volumes", 0), {"name": "tmp", "hostPath": {"path": "/"}}),
    ("Host Ports", ("spec", "containers", 0, "ports"), [{"containerPort": 1, "hostPort": 1}]),
    ("Host Probes", ("spec", "containers", 0, "livenessProbe"), {"httpGet": {"host": "a", "port": 1}}),
    (
        "Host Probes",
        ("spec", "containers", 0, "lifecycle"),
        {"preStop": {"tcpSocket": {"host": "a", "port": 1}}},
    ),
    ("AppArmor", (*POD, "appArmorProfile"), {"type": "Unconfined"}),
    ("AppArmor", ("metadata", "annotations", APPARMOR), "unconfined"),
    ("SELinux", (*POD, "seLinuxOptions"), {"type": "spc_t"}),
    ("SELinux", (*OWN, "seLinuxOptions"), {"user": "root"}),
    ("SELinux", (*OWN, "seLinuxOptions"), {"role": "admin"}),
    ("/proc Mount Type", (*OWN, "procMount"), "Unmasked"),
    ("Seccomp", (*POD, "seccompProfile", "type"), "Unconfined"),
    ("Seccomp", (*OWN, "seccompProfile"), {"type": "Unconfined"}),
    ("Sysctls", (*POD, "sysctls"), [{"name": "kernel.msgmax", "value": "1"}]),
]
RESTRICTED = [
    ("Volume Types", ("spec", "volumes", 0), {"name": "tmp", "nfs": {"server": "a", "path": "/"}}),
    ("Privilege Escalation", (*OWN, "allowPrivilegeEscalation"), None),
    ("Privilege Escalation", (*OWN, "allowPrivilegeEscalation"), True),
    ("Running as Non-root", (*POD, "runAsNonRoot"), None),
    ("Running as Non-root", (*OWN, "runAsNonRoot"), False),
    ("Running as Non-root user", (*POD, "runAsUser"), 0),
    ("Running as Non-root user", (*OWN, "runAsUser"), 0),
    ("Seccomp", (*POD, "seccompProfile"), None),
    ("Capabilities", (*OWN, "capabilities"), None),
    ("Capabilities", (*OWN, "capabilities", "drop"), ["NET_RAW"]),
    ("Capabilities", (*OWN, "capabilities", "add"), ["CHOWN"]),
]
FINE = [
    ((*OWN, "capabilities", "add"), ["NET_BIND_SERVICE"]),
    ((*OWN, "seccompProfile"), {"type": "Localhost", "localhostProfile": "a"}),
    ((*POD, "sysctls"), [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),
    ((*POD, "seLinuxOptions"), {"type": "container_t", "level": "s0"}),
    ((*POD, "runAsUser"), 1000),
    (("metadata", "annotations", APPARMOR), "localhost/mine"),
]


def with_value(place, value):
    """The good pod but for one field; None takes it away."""
    template = copy.deepcopy(GOOD)
    node = template
    for step in place[:-1]:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    if value is None:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return template


def test_a_good_pod_keeps_both():
    assert (baseline(GOOD), restricted(GOOD)) == (set(), set())


@pytest.mark.parametrize(("control", "place", "value"), BASELINE)
def test_each_control_of_the_baseline_is_seen(control, place, value):
    assert baseline(with_value(place, value)) == {control}


@pytest.mark.parametrize(("control", "place", "value"), RESTRICTED)
def test_each_control_of_the_restricted_profile_is_seen(control, place, value):
    template = with_value(place, value)
    assert baseline(template) == set()
    assert restricted(template) == {control}


@pytest.mark.parametrize(("place", "value"), FINE)
def test_what_is_allowed_is_allowed(place, value):
    template = with_value(place, value)
    assert (baseline(template), restricted(template)) == (set(), set())


def test_init_containers_count_and_pods_are_found_in_any_workload():
    template = copy.deepcopy(GOOD)
    template["spec"]["initContainers"] = [{"name": "init"}]
    assert "Privilege Escalation" in restricted(template)
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "spec": {"jobTemplate": {"spec": {"template": template}}},
    }
    assert list(pod_templates(cron)) == [template]
    assert not list(pod_templates({**cron, "apiVersion": "operator.example/v1"}))
    assert list(pod_templates({"apiVersion": "v1", "kind": "Service", "spec": {"ports": []}})) == []
