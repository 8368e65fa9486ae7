// Package ops is the endpoint of every process for those who run it, apart from the doors
// that customers' data comes through.
//
//	GET /healthz   200 while the process is alive; restart it when it is not
//	GET /readyz    200 while it can do its work, 503 while it cannot, with each check and
//	               the reason, as JSON; send it nothing meanwhile
//	GET /metrics   what Prometheus scrapes
//	GET /debug/pprof/   profiles, only when Options.Profile says so
//
// It promises:
//
//   - /readyz tells the truth: it asks (the broker, the store, whoever is given as a Check)
//     instead of remembering that something once worked, and it says no as soon as Drain was
//     called;
//   - /healthz asks nothing outside the process. A broker that is away makes every process
//     unready; if it made them unhealthy too, a supervisor would restart them all, which
//     helps nobody;
//   - a probe costs little and never hurts: checks run beside each other, each has a second,
//     answers are kept for a second, and a check that hangs is not asked again until it has
//     answered. A thousand probes a second make one question a second;
//   - a provider that is away (a circuit breaker open) is no matter of readiness: the worker
//     holds the messages and tries again, and nobody else would do it better;
//   - nothing that is told contains what customers wrote. Reasons are errors of the broker and
//     the store, so the address to listen on belongs in a private network all the same.
package ops
