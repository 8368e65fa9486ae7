// Package recommend is a co-purchase model: it learns from a stream of orders, one at a time, and says which products
// were bought together with those of a basket.
//
// # What it promises
//
// An answer is for a time. Suggest with AsOf = T uses the orders before T and nothing else, whatever has been learnt
// since: a replay that runs in event time gets the same answers in every run, however far ahead of the journeys the
// reader of the stream is. The order of learning does not matter either, except that of two orders with one id the first
// is kept. An order seen before changes nothing. The package has no clock, no randomness, and no order that comes from a
// map; scores are rounded to 1e-6 so that processors which differ in the last digit rank alike.
//
// To keep that promise the model holds incidences instead of pair counts: per order its time and products, per product
// the list of its orders, both sorted by (time, hash of the order id). Pairs are counted when asked, over one window
// [start, AsOf), which is the Horizon or, where the basket's products have more orders in it than the Budget, the
// Horizon halved towards AsOf until they fit. The start depends on orders before AsOf only, so that the bound on the work
// does not break the promise. Descriptions (name, category, links) are as of the time too: each incidence remembers how
// its order described the product, at most 256 ways per product.
//
// Its limits: popular products are counted in the latest 20,000 orders; of an order with more than MaxItems products a
// sample is learnt; of a basket with more than 20 the 20 least sold are asked about; of the products that share orders
// with it the Shortlist is looked at, those which these orders hold most often. Forget drops old orders; answers stay
// exact for AsOf no earlier than Horizon after what was forgotten, except that a description found in no later order is
// lost. An order id is known by 64 bits: among ten million orders the chance that any one is taken for another is
// 3 in a million.
//
// # The measure
//
// Pairs are ranked by Dunning's log-likelihood ratio, for pairs bought together more often than chance would have it and
// significant at 5 %, times the mean decay of the orders that hold both. On 9,592 real orders of a gift shop
// (TestMeasuresOnRetail: of every order of June 2011 with two products or more, one product is hidden and looked for among
// four suggestions made from the orders before June) the hidden product was found in
//
//	log-likelihood ratio    17.9 %
//	cosine                  17.4 %
//	shrunken lift           16.4 %
//	co-purchase count       10.8 %
//	lift                     8.4 %
//	popularity               2.9 %
//
// when every product was looked at that shares an order with the rest. With the shortlist of 80 the ratio found 17.2 %:
// 240 of 1,394 where it had found 249; 150 would find 243 and take a fifth longer. A question that finds less than its
// minimum on the shortlist is asked of every product.
//
// Plain counts follow the popular products and lift follows accidents of rare ones. The ratio and the cosine are
// within one standard error (1 %) of each other, the shrunken lift is within two; the ratio is used because it alone says when
// a pair is no more than chance, so that a weak basket gives no suggestion instead of a poor one. Over seven months the half-life made no
// difference that could be measured (30 days, 90 days, none: 17.0, 17.0 and 17.2 % with an earlier budget); it is there
// for catalogues that change with the seasons.
//
// # What it costs
//
// On those orders (221,650 incidences, 3,490 products) the model keeps 7 MiB and learns an order in about 14 µs; an answer
// for a real order takes about 0.15 ms at the median and 0.5 ms at the 99th percentile (BenchmarkRetailSuggest, one of two
// shared cores). Its orders are read twice, once to count for the shortlist and once to count pairs for what is on it; the
// measure is taken of those pairs only. Counting and measuring every pair took 0.6 ms.
package recommend
