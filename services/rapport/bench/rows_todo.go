package bench

import "context"

func (b *bench) mail(ctx context.Context, row *Row) error    { return nil }
func (b *bench) latency(ctx context.Context, row *Row) error { return nil }
func (b *bench) timers(ctx context.Context, row *Row) error  { return nil }
func (b *bench) memory(ctx context.Context, row *Row) error  { return nil }
func (b *bench) start(ctx context.Context, row *Row) error   { return nil }
