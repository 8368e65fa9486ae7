package stored

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
)

// maxDepth is how deep lists and maps may lie in each other that are read here.
const maxDepth = 8

// Floats is a field that maps names to numbers, left out when it is empty.
func (f *Form) Floats(key int, m *map[string]float64) {
	if !f.field(key, Filled, len(*m) == 0) {
		return
	}
	if !f.reading {
		writeNamed(f, *m, (*Form).writeFloat)
		return
	}
	*m = readNamed(f, (*Form).readFloat)
	f.bad = f.bad || len(*m) == 0
}

// Values is a field that maps names to what JSON can say, left out when it is empty.
func (f *Form) Values(key int, m *map[string]any) {
	if !f.field(key, Filled, len(*m) == 0) {
		return
	}
	if !f.reading {
		writeNamed(f, *m, (*Form).writeValue)
		return
	}
	*m = readNamed(f, func(f *Form) any { return f.readValue(1) })
	f.bad = f.bad || len(*m) == 0
}

// writeNamed writes a map in the order of its names as they are stored: the shorter first.
func writeNamed[V any](f *Form, m map[string]V, write func(*Form, V)) {
	f.put(cborMap, uint64(len(m)))
	outer := len(f.names)
	f.names = slices.AppendSeq(f.names, maps.Keys(m))
	slices.SortFunc(f.names[outer:], func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	for i := outer; i < outer+len(m); i++ {
		name := f.names[i]
		f.string(&name)
		write(f, m[name])
	}
	clear(f.names[outer:])
	f.names = f.names[:outer]
}

func readNamed[V any](f *Form, read func(*Form) V) map[string]V {
	n := f.length(cborMap)
	m := make(map[string]V, n)
	for range n {
		var name string
		f.string(&name)
		v := read(f)
		if f.bad {
			return nil
		}
		m[name] = v
	}
	f.bad = f.bad || len(m) != n // A name stood twice.
	return m
}

func (f *Form) writeFloat(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		f.bad = true // There are several ways to write them.
	}
	f.out = append(f.out, cborFloat)
	f.eight(math.Float64bits(v))
}

func (f *Form) readFloat() float64 {
	if f.peek() != cborFloat || len(f.in)-f.at < 9 {
		f.bad = true
		return 0
	}
	f.at += 9
	return math.Float64frombits(binary.BigEndian.Uint64(f.in[f.at-8:]))
}

func (f *Form) writeValue(v any) {
	switch v := v.(type) {
	case nil:
		f.out = append(f.out, cborNull)
	case string:
		f.string(&v)
	case float64:
		f.writeFloat(v)
	case bool:
		f.out = append(f.out, cborFalse)
		if v {
			f.out[len(f.out)-1] = cborTrue
		}
	case []any:
		if v == nil {
			f.out = append(f.out, cborNull)
			return
		}
		f.put(cborArray, uint64(len(v)))
		for _, item := range v {
			f.writeValue(item)
		}
	case map[string]any:
		if v == nil {
			f.out = append(f.out, cborNull)
			return
		}
		writeNamed(f, v, (*Form).writeValue)
	default:
		f.bad = true
	}
}

func (f *Form) readValue(depth int) any {
	first := f.peek()
	switch {
	case depth > maxDepth:
	case first&kindBits == cborText:
		var s string
		f.string(&s)
		return s
	case first == cborFloat:
		return f.readFloat()
	case first == cborNull, first == cborFalse, first == cborTrue:
		f.at++
		if first == cborNull {
			return nil
		}
		return first == cborTrue
	case first&kindBits == cborArray:
		list := make([]any, f.length(cborArray))
		for i := range list {
			if list[i] = f.readValue(depth + 1); f.bad {
				return nil
			}
		}
		return list
	case first&kindBits == cborMap:
		return readNamed(f, func(f *Form) any { return f.readValue(depth + 1) })
	}
	f.bad = true
	return nil
}
