export { clusterHealth } from './clusterHealth.ts';
export { connectNats, type NatsConnection } from './connect.ts';
export { moveOnWhenSilent } from './loneBroker.ts';
export { append, jetstreamLog } from './jetstreamLog.ts';
export { ensureStreams, sealStreams } from './streams.ts';
export { ensureSeed } from './seeds.ts';
export { agentRole, natsServerConfig, serviceRole, type AgentIdentity, type ServiceIdentity } from './serverConfig.ts';
export { patiently } from './patience.ts';
export { probeBroker, requireSafeBroker } from './probe.ts';
