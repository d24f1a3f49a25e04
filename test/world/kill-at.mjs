// Preloaded into a Canari under test (NODE_OPTIONS=--import): counts the points between disk and network, in all threads, and kills the process,
// as kill -9 does, at the one that KILL_AT names. Points: just before and just after each commit, just before each write to a socket that this
// process opened. The product knows nothing of it. Without KILL_AT it only counts, into the file KILL_COUNT.
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const at = Number(process.env.KILL_AT ?? 0);
const shared = isMainThread ? new Int32Array(new SharedArrayBuffer(4)) : getEnvironmentData('canari-kill-at');
if (isMainThread) setEnvironmentData('canari-kill-at', shared);

function point() {
  const now = Atomics.add(shared, 0, 1) + 1;
  if (now === at) process.kill(process.pid, 'SIGKILL');
}

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  if (sql !== 'commit') return exec.call(this, sql);
  point();
  exec.call(this, sql);
  point();
};

const { write, connect } = Socket.prototype;
const ours = new WeakSet();
Socket.prototype.connect = function (...args) {
  ours.add(this);
  return connect.apply(this, args);
};
Socket.prototype.write = function (...args) {
  if (ours.has(this)) point();
  return write.apply(this, args);
};

if (isMainThread && process.env.KILL_COUNT) {
  process.on('exit', () => writeFileSync(process.env.KILL_COUNT, String(Atomics.load(shared, 0))));
}
