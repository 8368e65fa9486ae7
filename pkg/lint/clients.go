package lint

func (c *check) clients() {}
