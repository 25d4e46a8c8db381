export { connectNats, type NatsConnection } from './connect.ts';
export { append, jetstreamLog } from './jetstreamLog.ts';
export { ensureStreams } from './streams.ts';
export { agentRole, ensureSeed, natsServerConfig, type AgentIdentity } from './serverConfig.ts';
