"""The pod security standards "baseline" and "restricted", control by control.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/. Judges Linux pods only, and never
relaxes for Windows or for user namespaces.
"""

import re
from collections.abc import Mapping

RESTRICTED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
CAPABILITIES = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
SYSCTLS = {"kernel.shm_rmid_forced"} | {
    f"net.ipv4.{name}"
    for name in (
        "ip_local_port_range",
        "ip_local_reserved_ports",
        "ip_unprivileged_port_start",
        "ping_group_range",
        "tcp_fin_timeout",
        "tcp_keepalive_intvl",
        "tcp_keepalive_probes",
        "tcp_keepalive_time",
        "tcp_rmem",
        "tcp_syncookies",
        "tcp_wmem",
    )
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
APPARMOR_PROFILE = re.compile(r"$|runtime/default$|localhost/")
PROFILES = {None, "RuntimeDefault", "Localhost"}
WORKLOADS = ("v1", "apps/v1", "batch/v1", "argoproj.io/v1alpha1")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def at(value, *steps):
    """What stands there, or None."""
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _is_foreign(options):
    kind = options.get("type", "")
    return kind not in SELINUX_TYPES or bool(options.get("user") or options.get("role"))


IN_CONTEXTS = {
    "HostProcess": lambda context: at(context, "windowsOptions", "hostProcess"),
    "Privileged Containers": lambda context: context.get("privileged"),
    "Capabilities": lambda context: not set(at(context, "capabilities", "add") or ()) <= CAPABILITIES,
    "AppArmor": lambda context: at(context, "appArmorProfile", "type") not in PROFILES,
    "SELinux": lambda context: _is_foreign(context.get("seLinuxOptions") or {}),
    "/proc Mount Type": lambda context: context.get("procMount") not in {None, "Default"},
    "Seccomp": lambda context: at(context, "seccompProfile", "type") not in PROFILES,
}
"""Whether a security context, of the pod or of a container, breaks a control of the baseline."""


def pod_templates(obj):
    """The pod templates of a workload: mappings with metadata and a spec with containers.

    What other kinds hold of pods is not the whole: an operator makes them.
    """
    if obj["apiVersion"] in WORKLOADS:
        yield from _pods(obj)


def _pods(value):
    if isinstance(value, Mapping):
        if isinstance(at(value, "spec", "containers"), list):
            yield value
        else:
            for inner in value.values():
                yield from _pods(inner)


def violations(template):
    """Names of the controls that a pod template breaks, baseline ones and restricted ones."""
    return baseline(template), restricted(template)


def baseline(template):
    spec = template["spec"]
    contexts = [at(one, "securityContext") or {} for one in (spec, *containers(spec))]
    judged = {name: [is_broken(one) for one in contexts] for name, is_broken in IN_CONTEXTS.items()}
    judged["Host Namespaces"] = (spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
    judged["HostPath Volumes"] = ("hostPath" in one for one in spec.get("volumes") or ())
    ports = (port for one in containers(spec) for port in one.get("ports") or ())
    judged["Host Ports"] = (port.get("hostPort") for port in ports)
    actions = (at(hook, action) for hook in hooks(spec) for action in ("httpGet", "tcpSocket"))
    judged["Host Probes"] = (at(action, "host") for action in actions)
    sysctls = at(spec, "securityContext", "sysctls") or ()
    judged["Sysctls"] = (one["name"] not in SYSCTLS for one in sysctls)
    broken = {name for name, verdicts in judged.items() if any(verdicts)}
    annotations = (at(template, "metadata", "annotations") or {}).items()
    unarmoured = any(
        key.startswith(APPARMOR) and not APPARMOR_PROFILE.match(value) for key, value in annotations
    )
    return broken | ({"AppArmor"} if unarmoured else set())


def restricted(template):
    spec, broken = template["spec"], set()
    own = [at(one, "securityContext") or {} for one in containers(spec)]
    pod = spec.get("securityContext") or {}
    if any(not set(volume) - {"name"} <= RESTRICTED_VOLUMES for volume in spec.get("volumes") or ()):
        broken.add("Volume Types")
    if any(one.get("allowPrivilegeEscalation") is not False for one in own):
        broken.add("Privilege Escalation")
    if any(one.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True for one in own):
        broken.add("Running as Non-root")
    if any(one.get("runAsUser") == 0 for one in (pod, *own)):
        broken.add("Running as Non-root user")
    profiles = (at(one, "seccompProfile", "type") or at(pod, "seccompProfile", "type") for one in own)
    if not all(profile in {"RuntimeDefault", "Localhost"} for profile in profiles):
        broken.add("Seccomp")
    for capabilities in (one.get("capabilities") or {} for one in own):
        added, dropped = set(capabilities.get("add") or ()), set(capabilities.get("drop") or ())
        if "ALL" not in dropped or not added <= {"NET_BIND_SERVICE"}:
            broken.add("Capabilities")
    return broken


def containers(spec):
    for field in ("containers", "initContainers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def hooks(spec):
    """All that may make the kubelet call something."""
    for container in containers(spec):
        yield from (container[name] for name in PROBES if name in container)
        yield from (container.get("lifecycle") or {}).values()
