"""A repository of manifests and a set of policies, as a platform team has them, written into a folder."""

from __future__ import annotations

from pathlib import Path

DEPLOYMENT = """\
# Owned by team {team}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n}
  namespace: team-{team}
  labels:
    app.kubernetes.io/name: app-{n}
    app.kubernetes.io/part-of: "shop"
    team: team-{team}
  annotations:
    example.com/contact: "team-{team}@example.com"
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: app-{n}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-{n}
        team: team-{team}
    spec:
      serviceAccountName: app-{n}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: app
          image: registry.example.com/shop/app-{n}:{tag}
          args: ["serve", "--port", "8080"]
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LOG_LEVEL
              value: info
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: app-{n}
                  key: url
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            initialDelaySeconds: 10
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
        - name: proxy
          image: registry.example.com/shop/proxy:1.9.0
          resources:
            requests:
              cpu: 20m
              memory: 32Mi
            limits:
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
      volumes:
        - name: tmp
          emptyDir: {{}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: app-{n}
  namespace: team-{team}
  labels:
    team: team-{team}
spec:
  selector:
    app.kubernetes.io/name: app-{n}
  ports:
    - name: http
      port: 80
      targetPort: http
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{n}
  namespace: team-{team}
  labels:
    team: team-{team}
data:
  LOG_FORMAT: json
  settings.yaml: |
    cache:
      size: 512
      ttl: 30s
    features:
      - search
      - checkout
"""
KINDS = (DEPLOYMENT, DEPLOYMENT, SERVICE, CONFIG_MAP)

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {name}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: {groups}
        apiVersions: ["v1"]
        operations: [CREATE, UPDATE]
        resources: [{resource}]
  validations:
    - expression: >-
        {expression}
      message: {name} is not kept to
"""
CONTAINERS = "object.spec.template.spec.containers"
DEPLOYMENT_RULES = (
    "object.spec.replicas <= {number} + 100",
    f"{CONTAINERS}.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)",
    f"{CONTAINERS}.all(c, c.image.startsWith('registry.example.com/'))",
    f"{CONTAINERS}.all(c, !c.image.endsWith(':latest'))",
    f"{CONTAINERS}.all(c, has(c.securityContext) && has(c.securityContext.allowPrivilegeEscalation) && "
    "!c.securityContext.allowPrivilegeEscalation)",
    "!has(object.spec.template.spec.hostNetwork) || object.spec.template.spec.hostNetwork == false",
    "has(object.metadata.labels) && 'team' in object.metadata.labels",
    "object.metadata.name.matches('^[a-z0-9-]+$')",
    "!has(object.spec.template.spec.volumes) || object.spec.template.spec.volumes.all(v, !has(v.hostPath))",
    f"{CONTAINERS}.map(c, c.name).size() < {{number}} + 20",
)
SERVICE_RULES = (
    "!has(object.spec.type) || object.spec.type != 'NodePort'",
    "object.spec.ports.all(p, p.port > {number} && p.port < 30000)",
    "!has(object.spec.externalIPs) || object.spec.externalIPs.size() == 0",
)
ANY_RULES = ("has(object.metadata.labels) && 'team' in object.metadata.labels",)


def write_manifests(folder: Path, count: int) -> int:
    """Write manifests, one a file, 100 a folder, and give their size in bytes. One of 25 breaks a policy."""
    size = 0
    for n in range(count):
        path = folder / f"group-{n // 100:03}" / f"{n:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        tag = "latest" if n % 25 == 0 else f"1.{n % 40}.{n % 7}"
        text = KINDS[n % len(KINDS)].format(n=n, team=n % 17, replicas=n % 6, tag=tag)
        path.write_text(text)
        size += len(text)
    return size


def write_policies(folder: Path, count: int) -> None:
    """Write policies: most are about Deployments, some about Services, some about everything."""
    folder.mkdir(parents=True, exist_ok=True)
    rules: tuple[str, ...]
    for number in range(count):
        if number % 10 < 7:
            rules, groups, resource = DEPLOYMENT_RULES, '["apps"]', "deployments"
        elif number % 10 < 9:
            rules, groups, resource = SERVICE_RULES, '[""]', "services"
        else:
            rules, groups, resource = ANY_RULES, '["*"]', '"*"'
        expression = rules[number % len(rules)].replace("{number}", str(number))
        text = POLICY.format(name=f"policy-{number:03}", groups=groups, resource=resource, expression=expression)
        (folder / f"policy-{number:03}.yaml").write_text(text)
