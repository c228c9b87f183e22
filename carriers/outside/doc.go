// Package outside asks platforms by HTTP how they are: their public status pages. Read is pure and says what an answer
// means; Pages is the one loop around it. What a page says is advice: it is told to health as an observation of the layer
// Outside, which can make an address Suspect and never Down. A page that cannot be asked, or read, says nothing at all.
// Package app runs it.
package outside
