package recommend

import "strings"

// record is what one or more orders said about a product.
type record struct {
	name, category, url, image string
}

const (
	// maxRecords bounds the descriptions kept of one product, so that a producer who puts, say, a session id into
	// every URL cannot fill the memory. Further descriptions are read as the last one kept.
	maxRecords = 256
	// maxLookBack bounds how many orders are asked for a field that the latest one left empty.
	maxLookBack = 64
)

// describe returns the number of the record that says what the order says of the product, adding it when it is new.
func (m *Model) describe(p uint32, it Item) uint16 {
	records := m.products[p].records
	for i := len(records) - 1; i >= 0; i-- {
		r := &records[i]
		if r.name == it.Name && r.category == it.Category && r.url == it.URL && r.image == it.ImageURL {
			return uint16(i)
		}
	}
	if len(records) == maxRecords {
		return maxRecords - 1
	}
	m.products[p].records = append(records, record{
		name: strings.Clone(it.Name), category: strings.Clone(it.Category),
		url: strings.Clone(it.URL), image: strings.Clone(it.ImageURL),
	})
	m.addToCategory(p, it.Category, records)
	return uint16(len(records))
}

// addToCategory keeps, per category, the products ever described with it. Whether one still is at the time asked about
// is looked up when asked.
func (m *Model) addToCategory(p uint32, category string, earlier []record) {
	if category == "" {
		return
	}
	for _, r := range earlier {
		if r.category == category {
			return
		}
	}
	category = strings.Clone(category)
	m.category[category] = append(m.category[category], p)
}

// describedAsOf returns the product as the latest order before the window's end described it, each empty field filled
// from the latest order that had it.
func (m *Model) describedAsOf(p uint32, until key) record {
	product := &m.products[p]
	var r record
	last := m.searchPostings(product.postings, until) - 1
	previous := -1
	for i := last; i >= 0 && i > last-maxLookBack; i-- {
		number := int(product.postings[i].record)
		if number == previous {
			continue
		}
		previous = number
		r.fillFrom(product.records[number])
		if r.name != "" && r.category != "" && r.url != "" && r.image != "" {
			break
		}
	}
	return r
}

func (r *record) fillFrom(older record) {
	if r.name == "" {
		r.name = older.name
	}
	if r.category == "" {
		r.category = older.category
	}
	if r.url == "" {
		r.url = older.url
	}
	if r.image == "" {
		r.image = older.image
	}
}
