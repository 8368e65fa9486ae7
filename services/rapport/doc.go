// Command rapport is all of Rapport in one program: up runs it, replay and demo send past
// purchases through it, check reads a workspace. Each command is one file here; what runs
// is put together in package stack.
package main
