#!/usr/bin/env node
// Runs on any Node from 20 up: prepares what is missing, then hands over to Node 26 from node_modules.
import { bootstrap } from '../deploy/bootstrap/index.mjs';
import { launch } from '../deploy/bootstrap/launch.mjs';
import { reportFailure } from '../deploy/bootstrap/failure.mjs';

const args = process.argv.slice(2);
try {
  launch(await bootstrap(), args);
} catch (error) {
  process.exitCode = reportFailure(error, args);
}
