// Package spelling knows how people write: lengths of time such as 3d, and words that are
// nearly right. Every reader of what marketers write (conditions, journeys, templates) ends
// its errors with it, so that a mistake comes with the word that was meant.
//
// Words are compared by typing mistakes (the optimal string alignment distance of Damerau
// and Levenshtein), and a guess is only made when most of the word is right: a wrong guess
// costs the reader more than none. The package is pure.
package spelling
