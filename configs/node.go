package configs

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a settings file may be at most, before it is taken apart: a list of some 400,000 numbers fits, a bomb does not.
const (
	maxBytes  = 16 << 20
	maxDepth  = 32    // of brackets and of "- - -"
	maxIndent = 256   // columns, which bounds the depth of blocks
	maxKeys   = 5_000 // side by side: goccy's parser takes the square of them
)

// kind is the shape of a node.
type kind uint8

const (
	null kind = iota
	scalar
	sequence
	mapping
)

func (k kind) String() string {
	return [...]string{"nothing", "a value", "a list", "keys and values"}[k]
}

// node is a piece of YAML with its place. Scalars keep their text as written, so that 0800 and +31201234567 stay what
// they are with and without quotes.
type node struct {
	kind   kind
	text   string
	quoted bool
	line   int // from 1
	col    int // from 1, in characters
	items  []*node
	keys   []entry
}

// entry is one key of a mapping, in the order of the file.
type entry struct {
	key       string
	line, col int
	value     *node
}

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i := range n.keys {
		if n.keys[i].key == key {
			return n.keys[i].value
		}
	}
	return nil
}

// parseYAML reads one document; holds says of an empty one what should be there. It gives nil and the problems when that cannot be done. A file that makes the YAML library
// panic is a faulty file, and a faulty file never stops a server that is running.
func parseYAML(doc *document, holds string) (root *node) {
	defer func() {
		if p := recover(); p != nil {
			doc.fault(1, 1, "", "this is no YAML: reading it failed (%v)", p)
			root = nil
		}
	}()
	if len(doc.data) > maxBytes {
		doc.fault(1, 1, "", "the file is %d MB; at most %d MB are read", len(doc.data)>>20, maxBytes>>20)
		return nil
	}
	text := string(doc.data)
	if at := strings.IndexByte(text, 0); at >= 0 {
		doc.fault(1+strings.Count(text[:at], "\n"), 1, "", "the file holds a NUL byte: it is no text, or it was written only in part")
		return nil
	}
	tokens := lexer.Tokenize(text)
	if !guard(doc, tokens) {
		return nil
	}
	file, err := parser.Parse(mend(tokens), 0, parser.AllowDuplicateMapKey()) // duplicates are ours to report, all of them
	if err != nil {
		doc.syntax(err)
		return nil
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			second := doc.tree(d.Body)
			doc.fault(second.line, second.col, "", "a second document begins here; a file holds one")
			return nil
		}
		body = d.Body
	}
	root = doc.tree(body)
	switch root.kind {
	case null:
		doc.fault(1, 1, "", "the file is empty; %s", holds)
		return nil
	case scalar, sequence:
		doc.fault(root.line, root.col, "", "the file is %s; it should hold keys and values, such as store: /var/lib/wissel", root.kind)
		return nil
	case mapping:
	}
	return root
}

// guard refuses what YAML allows and settings do not need, before any of it is built: anchors and aliases (a few lines can
// stand for billions), tags, merge keys, keys that are no text, and structures so deep that reading them costs more than they say.
func guard(doc *document, tokens token.Tokens) bool {
	depth, dashes, line := 0, 0, 0
	keys := map[int]int{} // by column, outside brackets
	for i, tk := range tokens {
		at := tk.Position
		if at.Line != line {
			line, dashes = at.Line, 0
			if depth == 0 {
				maps.DeleteFunc(keys, func(col, _ int) bool { return col > at.Column })
			}
		}
		bad := ""
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			bad = "anchors (&), aliases (*) and merge keys (<<) are not read here; write it out, or put text that begins so in quotes"
		case token.TagType, token.DirectiveType:
			bad = "tags (!) and directives (%) are not read here; put text that begins so in quotes"
		case token.MappingKeyType:
			bad = "a key that begins with ? is not read here; put text that begins so in quotes"
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			dashes++
		case token.MappingValueType:
			if i > 0 && depth == 0 {
				col := tokens[i-1].Position.Column
				if keys[col]++; keys[col] > maxKeys {
					bad = fmt.Sprintf("these are more than %d keys side by side", maxKeys)
				}
			}
		default:
		}
		if depth > maxDepth || dashes > maxDepth || at.IndentNum > maxIndent {
			bad = "this is nested deeper than any setting"
		}
		if bad != "" {
			doc.fault(at.Line, at.Column, "", "%s", bad)
			return false
		}
	}
	return true
}

// mend puts plain scalars with a colon inside, in a list inside braces, together again: the scanner of goccy/go-yaml (its issue
// 832) takes "{to: [sip:a.example]}" for a mapping of sip to a.example, where YAML 1.2 (§7.3.3) wants white space behind a colon.
func mend(tokens token.Tokens) token.Tokens {
	var open []token.Type // brackets
	var out token.Tokens
	for i := 0; i < len(tokens); i++ {
		tk := tokens[i]
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			open = append(open, tk.Type)
		case token.SequenceEndType, token.MappingEndType:
			open = open[:max(len(open)-1, 0)]
		default:
		}
		if len(open) > 1 && open[len(open)-1] == token.SequenceStartType && i+2 < len(tokens) &&
			plain(tk) && tokens[i+1].Type == token.MappingValueType && plain(tokens[i+2]) && touch(tk, tokens[i+1]) && touch(tokens[i+1], tokens[i+2]) {
			if out == nil {
				out = make(token.Tokens, 0, len(tokens))
				out.Add(tokens[:i]...)
			}
			tk = token.New(tk.Value+":"+tokens[i+2].Value, tk.Origin+":"+tokens[i+2].Origin, tk.Position)
			i += 2
		}
		if out != nil {
			out.Add(tk)
		}
	}
	if out == nil {
		return tokens
	}
	return out
}

// plain reports whether a token is a scalar without quotes.
func plain(tk *token.Token) bool {
	return tk.CharacterType == token.CharacterTypeMiscellaneous && tk.Type != token.CommentType && tk.Type != token.InvalidType
}

// touch reports whether b follows a without anything in between.
func touch(a, b *token.Token) bool {
	return a.Position.Line == b.Position.Line && a.Position.Column+utf8.RuneCountInString(a.Value) == b.Position.Column
}

// syntax reports what the parser could not read.
func (doc *document) syntax(err error) {
	line, col, msg := 1, 1, err.Error()
	var y yaml.Error
	if errors.As(err, &y) {
		msg = y.GetMessage()
		if tk := y.GetToken(); tk != nil && tk.Position != nil {
			line, col = tk.Position.Line, tk.Position.Column
		}
	}
	if text := doc.line(line); strings.Contains(text[:len(text)-len(strings.TrimLeft(text, " \t"))], "\t") {
		msg = "this line begins with a tab, and YAML is indented with spaces"
	}
	doc.fault(line, col, "", "this is no YAML: %s", msg)
}

// tree makes nodes of what the parser made, and reports keys that stand twice.
func (doc *document) tree(n ast.Node) *node {
	if n == nil {
		return &node{line: 1, col: 1}
	}
	at := n.GetToken().Position
	out := &node{line: at.Line, col: at.Column}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.kind, out.text = scalar, n.Value
		out.quoted = n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
	case *ast.LiteralNode:
		out.kind, out.text, out.quoted = scalar, n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = scalar, n.GetToken().Value
	case *ast.SequenceNode:
		out.kind = sequence
		out.line, out.col = n.Start.Position.Line, n.Start.Position.Column
		out.items = make([]*node, 0, len(n.Values))
		for i, v := range n.Values {
			doc.trail = append(doc.trail, step{index: i})
			out.items = append(out.items, doc.tree(v))
			doc.trail = doc.trail[:len(doc.trail)-1]
		}
	case *ast.MappingNode:
		out.kind = mapping
		if n.Start != nil && n.IsFlowStyle {
			out.line, out.col = n.Start.Position.Line, n.Start.Position.Column
		}
		seen := make(map[string]int, len(n.Values))
		out.keys = make([]entry, 0, len(n.Values))
		for _, v := range n.Values {
			doc.entry(out, v, seen)
		}
		if !n.IsFlowStyle && len(out.keys) > 0 {
			out.line, out.col = out.keys[0].line, out.keys[0].col
		}
	case *ast.MappingValueNode:
		out.kind = mapping
		doc.entry(out, n, map[string]int{})
		if len(out.keys) > 0 {
			out.line, out.col = out.keys[0].line, out.keys[0].col
		}
	default:
		doc.fault(at.Line, at.Column, doc.path(), "%s is not read here", n.Type())
	}
	return out
}

// entry adds one key; seen has the lines of those before it.
func (doc *document) entry(out *node, v *ast.MappingValueNode, seen map[string]int) {
	tk := v.Key.GetToken()
	e := entry{key: tk.Value, line: tk.Position.Line, col: tk.Position.Column}
	doc.trail = append(doc.trail, step{key: e.key})
	defer func() { doc.trail = doc.trail[:len(doc.trail)-1] }()
	if old, ok := seen[e.key]; ok {
		doc.lose(doc.path() + "[1]") // as if it were the second of a list: the first is read
		doc.fault(e.line, e.col, doc.path(), "this key stands here already, in line %d; leave one out", old)
		return
	}
	seen[e.key] = e.line
	if e.value = doc.tree(v.Value); e.value.kind == null {
		e.value.line, e.value.col = e.line, e.col // nothing behind the colon: the key is where to look
	}
	out.keys = append(out.keys, e)
}

// step is one part of the path to the node that is being made; a path is put together only for a problem.
type step struct {
	key   string // empty: index
	index int
}

func (doc *document) path() (path string) {
	for _, s := range doc.trail {
		if s.key == "" {
			path += "[" + strconv.Itoa(s.index) + "]"
		} else {
			path = join(path, s.key)
		}
	}
	return path
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// find gives the place of a key path ("trunks.kpn.to[0]"), or of the longest part of it that is written. whole is false
// then: the path's end is missing in the file.
func (n *node) find(path string) (line, col int, whole bool) {
	_, line, col, whole = n.locate(path)
	return line, col, whole
}

// locate is find, with the node that was found last.
func (n *node) locate(path string) (at *node, line, col int, whole bool) {
	line, col = 1, 1
	if n == nil {
		return nil, line, col, false
	}
	line, col = n.line, n.col
	for path != "" {
		var next *node
		switch {
		case path[0] == '[':
			index, rest, _ := strings.Cut(path[1:], "]")
			i, err := strconv.Atoi(index)
			if err == nil && i == 0 && n.kind == scalar { // a single value where a list may stand is its first item
				return n, n.line, n.col, true
			}
			if err != nil || n.kind != sequence || i < 0 || i >= len(n.items) {
				return n, line, col, false
			}
			next, path = n.items[i], rest
			line, col = next.line, next.col
		default:
			e, rest, ok := n.longest(strings.TrimPrefix(path, "."))
			if !ok {
				return n, line, col, false
			}
			next, path = e.value, rest
			if line, col = e.line, e.col; rest == "" && next.kind == scalar {
				line, col = next.line, next.col // at the value, when it is one
			}
		}
		n = next
	}
	return n, line, col, true
}

// longest finds the entry whose key begins path: keys may hold dots themselves.
func (n *node) longest(path string) (best entry, rest string, ok bool) {
	for _, e := range n.keys {
		tail, has := strings.CutPrefix(path, e.key)
		if has && (tail == "" || tail[0] == '.' || tail[0] == '[') && (!ok || len(e.key) > len(best.key)) {
			best, rest, ok = e, tail, true
		}
	}
	return best, rest, ok
}
