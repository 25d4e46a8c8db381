/**
 * Recognizes the cgroup of a container by its name: 64 hexadecimal digits, alone (cgroupfs driver of docker, containerd,
 * Kubernetes), with the runtime before it (`docker-…scope`, `cri-containerd-…scope`, `crio-…scope`, `libpod-…scope`,
 * `nerdctl-…scope`; `…:cri-containerd:…`), or as a Compose or Podman pod keeps it. Monitors (`…conmon-…`) are no containers.
 */
const pattern = /^(?:([A-Za-z0-9_.:-]*)[-:])?([0-9a-f]{64})(?:\.scope)?$/;

/** The container's full id, or undefined. */
export function containerIdOf(cgroupName: string): string | undefined {
  const match = pattern.exec(cgroupName);
  return match === null || match[1]?.endsWith('conmon') === true ? undefined : match[2];
}

/** The first 12 digits, as container tools print it. */
export const shortId = (id: string): string => id.slice(0, 12);
