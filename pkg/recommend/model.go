package recommend

import (
	"time"
)

// Defaults of Config, used for every field left at zero.
const (
	DefaultHalfLife   = 90 * 24 * time.Hour
	DefaultHorizon    = 2 * 365 * 24 * time.Hour
	DefaultMinSupport = 3
	DefaultMaxItems   = 200
	DefaultBudget     = 1_000
	DefaultShortlist  = 80
)

// Config says how a Model learns and answers. The zero Config is usable.
type Config struct {
	// Sellable reports whether an id is a product. An id it refuses (postage, bank charges, gift vouchers, test
	// codes) is never learnt and so never recommended. Nil means every id is a product. It must always give the
	// same answer for the same id.
	Sellable func(id string) bool
	// HalfLife is the age at which an order counts half as much as one of now.
	HalfLife time.Duration
	// Horizon is the age, measured back from Query.AsOf, from which an order no longer counts at all.
	Horizon time.Duration
	// MinSupport is the number of orders that must hold both products before one is recommended for the other.
	MinSupport int
	// MaxItems is the number of distinct products kept of one order. Of a larger order (a reseller's, or a till's
	// daily total) a sample is kept, chosen by hash, because its n*(n-1)/2 pairs say little and cost much.
	MaxItems int
	// Budget bounds the work of one question: the number of past orders visited for the basket's products, an order
	// counted once for each of them it holds. When there are more within Horizon, the window is halved towards AsOf
	// until they fit.
	Budget int
	// Shortlist is the number of products looked at closely to find those bought together with a basket: the ones that
	// the visited orders hold most often. A question that wants more than a few looks at ten for each wanted at least.
	Shortlist int
}

// Item is a product as one order described it. Empty fields are taken from the latest earlier order that filled them.
type Item struct {
	ID       string
	Name     string
	Category string
	URL      string
	ImageURL string
}

// Order is one purchase to learn from. ID is what makes it countable once: the order's id, or the id of the event that
// carried it, as long as the same purchase always comes with the same one and the same At.
type Order struct {
	ID    string
	At    time.Time
	Items []Item
}

// Stats says how much a Model holds.
type Stats struct {
	Orders     int // orders that hold at least one product and have not been forgotten
	Products   int // distinct products ever learnt
	Incidences int // (order, product) pairs
}

// product is one item of the catalogue as the orders showed it.
type product struct {
	id       string
	postings []posting // sorted by the key of the basket
	records  []record  // every distinct description seen, in the order of learning
}

// posting is one order that holds a product, and how that order described it.
type posting struct {
	at     int64 // the basket's
	basket uint32
	record uint16
}

// Model is a co-purchase model that grows with every order. See the package's description for what it promises.
//
// A Model is not safe for concurrent use, not even for two questions at once, because questions share its scratch
// memory; the service that owns it takes a lock around Learn, Suggest and Forget.
type Model struct {
	cfg      Config
	seen     map[uint64]struct{} // hashes of every order id, so that a repeat changes nothing
	floor    int64               // orders before this time have been forgotten
	baskets  []basket            // in the order of learning
	contents []uint32            // the products of all baskets, one after the other
	timeline []uint32            // basket ordinals sorted by key
	ordinals map[string]uint32   // product id to its place in products
	products []product
	category map[string][]uint32 // category to the products ever described with it, in the order of learning
	scratch  scratch
	entropy  entropyTable
	decays   *[decaySteps]float64
	perStep  float64 // decay steps in a nanosecond
	measure  measure
}

// New returns an empty Model.
func New(cfg Config) *Model {
	if cfg.Sellable == nil {
		cfg.Sellable = func(string) bool { return true }
	}
	if cfg.HalfLife <= 0 {
		cfg.HalfLife = DefaultHalfLife
	}
	if cfg.Horizon <= 0 {
		cfg.Horizon = DefaultHorizon
	}
	if cfg.MinSupport <= 0 {
		cfg.MinSupport = DefaultMinSupport
	}
	if cfg.MaxItems <= 0 {
		cfg.MaxItems = DefaultMaxItems
	}
	if cfg.Budget <= 0 {
		cfg.Budget = DefaultBudget
	}
	if cfg.Shortlist <= 0 {
		cfg.Shortlist = DefaultShortlist
	}
	m := &Model{
		cfg:      cfg,
		seen:     make(map[uint64]struct{}),
		floor:    earliest,
		ordinals: make(map[string]uint32),
		category: make(map[string][]uint32),
		entropy:  newEntropyTable(),
		decays:   newDecays(),
		perStep:  decaySteps / float64(cfg.HalfLife),
	}
	m.measure = m.logLikelihoodRatio
	return m
}

// Stats reports the size of the model.
func (m *Model) Stats() Stats {
	return Stats{Orders: len(m.baskets), Products: len(m.products), Incidences: len(m.contents)}
}
