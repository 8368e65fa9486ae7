package feedback

import "rapport/pkg/callback"

// FromCallback is what a provider told. It reports false for what is no event of ours.
func FromCallback(callback.Event) (Notice, bool) { return Notice{}, false }
