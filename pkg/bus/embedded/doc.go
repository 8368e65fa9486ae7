// Package embedded runs a NATS server with JetStream inside the process, so
// that a shop can start with one binary and no ports.
//
// It promises:
//
//   - what the server acknowledged survives a power cut, because every write is
//     synced before its acknowledgement unless Options.SyncInterval says
//     otherwise. One sync per message is slow (1 to 10 thousand messages/s);
//     one sync per atomic batch is not, which is why publishers on the way
//     to a promise use bus.PublishBatch;
//   - one server per directory: a second one is refused instead of corrupting
//     the files of the first. NATS itself does not lock its directory. The lock
//     belongs to the open file, so a killed process leaves none behind;
//   - errors that name the remedy: which port is taken, which directory is
//     locked, read-only or full;
//   - no signal handlers, no exit, no output: a library must leave those to
//     its program. What the server says goes to the given slog.Logger.
//
// Clients in the same process use Server.Connect (a pipe, no TCP). A TCP
// listener is opened only when a port is asked for.
package embedded
