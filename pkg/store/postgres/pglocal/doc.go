// Package pglocal runs a PostgreSQL server as a child process, from the packages of the
// machine: for tests, benchmarks and fault injection. It is no way to run production.
//
// It promises:
//
//   - The server listens on 127.0.0.1 alone, with a password of its own, and writes nothing
//     outside its directory. A second server in the same directory is refused.
//   - It is as durable as PostgreSQL is (fsync on) unless Settings say otherwise.
//   - Kill is what a power cut is to the processes: all of them get SIGKILL, none of them
//     tidies up, and Restart has to recover from the log.
//   - No process is left behind: on Linux the kernel ends the server with the process that
//     started it, however that one dies. Elsewhere Stop has to be called.
//
// PostgreSQL refuses to run as root, which is what most containers run as. The package then
// gives the directory to the user postgres, or nobody, and runs the server as that user.
package pglocal
