"""Objects of one component, small enough to be read in a test."""

LABELS = {"app": "cart"}
KEPT = {
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}


def thing(kind, api="v1", name="cart", namespace="shop", **rest):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **rest}


def workload(kind="Deployment", api="apps/v1", labels=LABELS, **spec):
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app"}]}}
    return thing(kind, api, spec={"selector": {"matchLabels": labels}, "template": pods, **spec})


def service(**spec):
    return thing("Service", spec={"selector": LABELS, **spec})


def volume(size="10Gi", **spec):
    return thing("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": size}}, **spec})


def database(size="10Gi", name="cart", **spec):
    own = {"instances": 3, "storage": {"size": size}, **spec}
    return thing("Cluster", "postgresql.cnpg.io/v1", name, spec=own)


def bucket(name="cart", namespace="shop", store="acme-cart"):
    return thing("Bucket", "s3.services.k8s.aws/v1alpha1", name, namespace, spec={"name": store})


def stateful(**spec):
    return workload("StatefulSet", volumeClaimTemplates=[volume()], **spec)


def annotated(one, notes):
    return one | {"metadata": {**one["metadata"], "annotations": notes}}


def placed(one, namespace):
    return one | {"metadata": {**one["metadata"], "namespace": namespace}}


def renamed(one, name):
    return one | {"metadata": {**one["metadata"], "name": name}}


def route(*hosts, path="/"):
    rules = [{"matches": [{"path": {"type": "PathPrefix", "value": path}}]}]
    return thing("HTTPRoute", "gateway.networking.k8s.io/v1", spec={"hostnames": list(hosts), "rules": rules})


def budget(**spec):
    return thing("PodDisruptionBudget", "policy/v1", spec={"selector": {"matchLabels": LABELS}, **spec})


def autoscaler(least, most):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return thing("HorizontalPodAutoscaler", "autoscaling/v2", spec=spec)
