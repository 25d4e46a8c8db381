export { connectNats, type NatsConnection } from './connect.ts';
export { append, jetstreamLog } from './jetstreamLog.ts';
export { ensureStreams } from './streams.ts';
export { ensureSeed } from './seeds.ts';
export { agentRole, natsServerConfig, type AgentIdentity } from './serverConfig.ts';
export { probeBroker, requireSafeBroker } from './probe.ts';
