"""What resource and scope a kind has, and which resources are the same thing in another version.

Source: the discovery document of Kubernetes 1.36, and for versions it no longer serves (manifests still
name them) the API change log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource, split_api_version
from policy_engine.records import record

# One line a resource: kind, resource, scope (N namespaced, C cluster), then its group versions: those joined
# by `=` share one schema, so that an object of one is an object of the other but for its apiVersion; between
# words only a server can convert. The preferred version comes first.
_BUILT_IN = """
Binding bindings N v1
ComponentStatus componentstatuses C v1
ConfigMap configmaps N v1
Endpoints endpoints N v1
Event events N v1 events.k8s.io/v1=events.k8s.io/v1beta1
LimitRange limitranges N v1
Namespace namespaces C v1
Node nodes C v1
PersistentVolumeClaim persistentvolumeclaims N v1
PersistentVolume persistentvolumes C v1
Pod pods N v1
PodTemplate podtemplates N v1
ReplicationController replicationcontrollers N v1
ResourceQuota resourcequotas N v1
Secret secrets N v1
ServiceAccount serviceaccounts N v1
Service services N v1
MutatingAdmissionPolicy mutatingadmissionpolicies C @/v1=@/v1beta1=@/v1alpha1 admissionregistration.k8s.io
MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings C @/v1=@/v1beta1=@/v1alpha1 admissionregistration.k8s.io
MutatingWebhookConfiguration mutatingwebhookconfigurations C @/v1=@/v1beta1 admissionregistration.k8s.io
ValidatingAdmissionPolicy validatingadmissionpolicies C @/v1=@/v1beta1=@/v1alpha1 admissionregistration.k8s.io
ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings C @/v1=@/v1beta1=@/v1alpha1 admissionregistration.k8s.io
ValidatingWebhookConfiguration validatingwebhookconfigurations C @/v1=@/v1beta1 admissionregistration.k8s.io
CustomResourceDefinition customresourcedefinitions C apiextensions.k8s.io/v1 apiextensions.k8s.io/v1beta1
APIService apiservices C apiregistration.k8s.io/v1=apiregistration.k8s.io/v1beta1
ControllerRevision controllerrevisions N apps/v1=apps/v1beta2=apps/v1beta1
DaemonSet daemonsets N apps/v1=apps/v1beta2=extensions/v1beta1
Deployment deployments N apps/v1=apps/v1beta2=apps/v1beta1=extensions/v1beta1
ReplicaSet replicasets N apps/v1=apps/v1beta2=extensions/v1beta1
StatefulSet statefulsets N apps/v1=apps/v1beta2=apps/v1beta1
SelfSubjectReview selfsubjectreviews C @/v1=@/v1beta1=@/v1alpha1 authentication.k8s.io
TokenReview tokenreviews C @/v1=@/v1beta1 authentication.k8s.io
LocalSubjectAccessReview localsubjectaccessreviews N @/v1 @/v1beta1 authorization.k8s.io
SelfSubjectAccessReview selfsubjectaccessreviews C @/v1=@/v1beta1 authorization.k8s.io
SelfSubjectRulesReview selfsubjectrulesreviews C @/v1=@/v1beta1 authorization.k8s.io
SubjectAccessReview subjectaccessreviews C @/v1 @/v1beta1 authorization.k8s.io
HorizontalPodAutoscaler horizontalpodautoscalers N @/v2=@/v2beta2 @/v1 @/v2beta1 autoscaling
CronJob cronjobs N batch/v1=batch/v1beta1=batch/v2alpha1
Job jobs N batch/v1
CertificateSigningRequest certificatesigningrequests C @/v1 @/v1beta1 certificates.k8s.io
ClusterTrustBundle clustertrustbundles C @/v1beta1=@/v1alpha1 certificates.k8s.io
PodCertificateRequest podcertificaterequests N @/v1beta1 @/v1alpha1 certificates.k8s.io
LeaseCandidate leasecandidates N @/v1beta1=@/v1alpha2 coordination.k8s.io
Lease leases N coordination.k8s.io/v1=coordination.k8s.io/v1beta1
EndpointSlice endpointslices N discovery.k8s.io/v1 discovery.k8s.io/v1beta1
FlowSchema flowschemas C @/v1=@/v1beta3=@/v1beta2=@/v1beta1 flowcontrol.apiserver.k8s.io
PriorityLevelConfiguration prioritylevelconfigurations C @/v1=@/v1beta3 @/v1beta2=@/v1beta1 flowcontrol.apiserver.k8s.io
StorageVersion storageversions C internal.apiserver.k8s.io/v1alpha1
IngressClass ingressclasses C networking.k8s.io/v1=networking.k8s.io/v1beta1
Ingress ingresses N networking.k8s.io/v1 networking.k8s.io/v1beta1=extensions/v1beta1
IPAddress ipaddresses C @/v1=@/v1beta1=@/v1alpha1 networking.k8s.io
NetworkPolicy networkpolicies N networking.k8s.io/v1=extensions/v1beta1
ServiceCIDR servicecidrs C @/v1=@/v1beta1=@/v1alpha1 networking.k8s.io
RuntimeClass runtimeclasses C node.k8s.io/v1=node.k8s.io/v1beta1 node.k8s.io/v1alpha1
PodDisruptionBudget poddisruptionbudgets N policy/v1=policy/v1beta1
PodSecurityPolicy podsecuritypolicies C policy/v1beta1=extensions/v1beta1
ClusterRoleBinding clusterrolebindings C @/v1=@/v1beta1 @/v1alpha1 rbac.authorization.k8s.io
ClusterRole clusterroles C @/v1=@/v1beta1=@/v1alpha1 rbac.authorization.k8s.io
RoleBinding rolebindings N @/v1=@/v1beta1 @/v1alpha1 rbac.authorization.k8s.io
Role roles N @/v1=@/v1beta1=@/v1alpha1 rbac.authorization.k8s.io
DeviceClass deviceclasses C @/v1=@/v1beta2 @/v1beta1 resource.k8s.io
DeviceTaintRule devicetaintrules C @/v1beta2 @/v1alpha3 resource.k8s.io
ResourceClaim resourceclaims N @/v1=@/v1beta2 @/v1beta1 resource.k8s.io
ResourceClaimTemplate resourceclaimtemplates N @/v1=@/v1beta2 @/v1beta1 resource.k8s.io
ResourcePoolStatusRequest resourcepoolstatusrequests C resource.k8s.io/v1alpha3
ResourceSlice resourceslices C @/v1=@/v1beta2 @/v1beta1 resource.k8s.io
PodGroup podgroups N scheduling.k8s.io/v1alpha2
PriorityClass priorityclasses C @/v1=@/v1beta1=@/v1alpha1 scheduling.k8s.io
Workload workloads N scheduling.k8s.io/v1alpha2
CSIDriver csidrivers C storage.k8s.io/v1=storage.k8s.io/v1beta1
CSINode csinodes C storage.k8s.io/v1=storage.k8s.io/v1beta1
CSIStorageCapacity csistoragecapacities N @/v1=@/v1beta1=@/v1alpha1 storage.k8s.io
StorageClass storageclasses C storage.k8s.io/v1=storage.k8s.io/v1beta1
VolumeAttachment volumeattachments C @/v1=@/v1beta1=@/v1alpha1 storage.k8s.io
VolumeAttributesClass volumeattributesclasses C @/v1=@/v1beta1=@/v1alpha1 storage.k8s.io
StorageVersionMigration storageversionmigrations C @/v1beta1 @/v1alpha1 storagemigration.k8s.io
"""  # noqa: E501 (a table)


@record(kw_only=True)
class ResourceKind:
    """A kind with the resource that serves it.

    namespaced: None where nobody knows (a custom resource without its definition).
    """

    kind: GroupVersionKind
    resource: GroupVersionResource
    namespaced: bool | None


@record(kw_only=True)
class Equivalent:
    """Another version of a resource.

    same_schema: an object needs no more than another apiVersion; otherwise only a server can convert it.
    """

    kind: GroupVersionKind
    resource: GroupVersionResource
    same_schema: bool


@record
class _Entry:
    kind: str
    resource: str
    namespaced: bool
    schemas: tuple[tuple[tuple[str, str], ...], ...]  # (group, version) pairs, those of one schema together


@record
class Kinds:
    """The kinds that are known: Kubernetes' own, and custom ones by their definitions. Immutable."""

    _by_kind: Mapping[tuple[str, str, str], _Entry] = field(default_factory=dict, repr=False)
    _by_resource: Mapping[tuple[str, str], _Entry] = field(default_factory=dict, repr=False)

    def with_definitions(self, definitions: Iterable[Mapping[str, JsonValue]]) -> Kinds:
        """Give a copy that knows custom resources too.

        definitions: CustomResourceDefinitions (apiextensions.k8s.io/v1); what is not well formed is left out, and
        what would give another meaning to a kind or resource that is known already: a server has only one.
        """
        kinds = self
        for definition in definitions:
            entry = _from_definition(definition)
            if entry is not None and not kinds._knows(entry):
                kinds = _extend(kinds, [entry])
        return kinds

    def _knows(self, entry: _Entry) -> bool:
        served = [version for schema in entry.schemas for version in schema]
        return any(
            (group, version, entry.kind) in self._by_kind or (group, entry.resource) in self._by_resource
            for group, version in served
        )

    def find(self, kind: GroupVersionKind) -> ResourceKind | None:
        """Give the resource of a kind, or None for an unknown kind."""
        entry = self._by_kind.get(kind)
        if entry is None:
            return None
        resource = GroupVersionResource(kind.group, kind.version, entry.resource)
        return ResourceKind(kind=kind, resource=resource, namespaced=entry.namespaced)

    def guess(self, kind: GroupVersionKind) -> ResourceKind:
        """Give the resource of a kind; of an unknown one, what its name most likely is in plural."""
        found = self.find(kind)
        if found is not None:
            return found
        resource = GroupVersionResource(kind.group, kind.version, pluralise(kind.kind))
        return ResourceKind(kind=kind, resource=resource, namespaced=None)

    def family(self, kind: GroupVersionKind) -> tuple[str, str]:
        """Give what is the same for all versions of a kind, also where it has moved to another group.

        It is the group that Kubernetes prefers, and the kind.
        """
        entry = self._by_kind.get(kind)
        return (kind.group if entry is None else entry.schemas[0][0][0], kind.kind)

    def equivalents(
        self, resource: GroupVersionResource, *, kind: GroupVersionKind | None = None
    ) -> tuple[Equivalent, ...]:
        """Give the other versions of a resource, the preferred one first.

        kind: of the object; where it is not the resource's own (a Scale), every version has that kind.
        """
        entry = self._by_resource.get((resource.group, resource.resource))
        if entry is None:
            return ()
        home = next((s for s in entry.schemas if (resource.group, resource.version) in s), None)
        foreign = kind if kind is not None and kind.kind != entry.kind else None
        return tuple(
            Equivalent(
                kind=foreign or GroupVersionKind(group, version, entry.kind),
                resource=GroupVersionResource(group, version, resource.resource),
                same_schema=schema is home or foreign is not None,
            )
            for schema in entry.schemas
            for group, version in schema
            if (group, version) != (resource.group, resource.version)
        )

    def shares_schema(self, one: GroupVersionKind, other: GroupVersionKind) -> bool:
        """Tell whether an object of one kind is an object of the other but for its apiVersion."""
        if one == other:
            return True
        entry = self._by_kind.get(one)
        return entry is not None and any(one[:2] in s and other[:2] in s for s in entry.schemas)


def pluralise(kind: str) -> str:
    """Guess a resource's name from a kind.

    Source: k8s.io/apimachinery pkg/api/meta/restmapper.go, `UnsafeGuessKindToResource`.
    """
    singular = kind.lower()
    if singular.endswith("endpoints"):
        return singular
    if singular.endswith("s"):
        return singular + "es"
    if singular.endswith("y"):
        return singular[:-1] + "ies"
    return singular + "s"


def _extend(kinds: Kinds, entries: Iterable[_Entry]) -> Kinds:
    by_kind, by_resource = dict(kinds._by_kind), dict(kinds._by_resource)
    for entry in entries:
        for schema in entry.schemas:
            for group, version in schema:
                by_kind[(group, version, entry.kind)] = entry
                by_resource[(group, entry.resource)] = entry
    return replace(kinds, _by_kind=by_kind, _by_resource=by_resource)


def _parse(line: str) -> _Entry:
    kind, resource, scope, *schemas = line.split()
    if "@" in line:
        group = schemas.pop()
        schemas = [schema.replace("@", group) for schema in schemas]
    return _Entry(
        kind,
        resource,
        scope == "N",
        tuple(tuple(split_api_version(version) for version in schema.split("=")) for schema in schemas),
    )


def _from_definition(definition: Mapping[str, JsonValue]) -> _Entry | None:
    try:
        spec = definition["spec"]
        names, group = spec["names"], spec["group"]
        versions = [(group, version["name"]) for version in spec["versions"] if version.get("served")]
        kind, plural, namespaced = names["kind"], names["plural"], spec["scope"] == "Namespaced"
        strategy = (spec.get("conversion") or {}).get("strategy", "None")
    except (KeyError, TypeError, AttributeError):
        return None
    if not all(isinstance(text, str) for text in (kind, plural, group, *(v for _, v in versions))):
        return None
    # Without a conversion webhook the server converts by writing another apiVersion, nothing else.
    schemas = (tuple(versions),) if strategy == "None" else tuple((version,) for version in versions)
    return _Entry(kind, plural, namespaced, schemas)


BUILT_IN_KINDS = _extend(Kinds(), map(_parse, _BUILT_IN.strip().splitlines()))
"""Kubernetes' own kinds."""
