// Command rapport is all of Rapport in one program: up runs it, replay and demo send past
// purchases through it, init, check, test, preview, send-test, plan, apply and versions are for those who edit a
// workspace, and backtest and explain ask the engine about the past. Each command is one
// file here; what runs is put together in package stack.
package main
