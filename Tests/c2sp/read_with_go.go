// read_with_go REPOSITORY TILES...: reads all of devjournal's notes, proofs and tiles with golang.org/x/mod, which knows
// nothing of devjournal: every note of the fixtures, every proof, and the directories that `devjournal export --tiles` made.
// The first difference ends it with status 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var done = map[string]int{}

func fail(format string, parts ...any) {
	fmt.Printf(format+"\n", parts...)
	os.Exit(1)
}

func must[T any](value T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}

func require(condition bool, format string, parts ...any) {
	if !condition {
		fail(format, parts...)
	}
}

// A journal is its lines, each with its LF, and what its records say of the sequencers.
type journal struct {
	place      string
	lines      [][]byte
	sequencers []note.Verifier
	hashes     []tlog.Hash
}

func (j *journal) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, j.hashes[index])
	}
	return found, nil
}

func readJournal(place string) *journal {
	j := &journal{place: place}
	for _, name := range must(filepath.Glob(filepath.Join(place, "0*.jsonl"))) {
		for _, line := range bytes.SplitAfter(must(os.ReadFile(name)), []byte("\n")) {
			if len(line) > 0 {
				j.add(line)
			}
		}
	}
	return j
}

func (j *journal) add(line []byte) {
	var record struct {
		Log   string
		Event struct {
			Type string
			Data struct{ Sequencer string }
		}
	}
	if json.Unmarshal(line, &record) == nil && (record.Event.Type == "journal.opened" || record.Event.Type == "epoch.started") {
		key := must(base64.StdEncoding.DecodeString(record.Event.Data.Sequencer))
		text := must(note.NewEd25519VerifierKey("devjournal/"+record.Log, ed25519.PublicKey(key)))
		j.sequencers = append(j.sequencers, must(note.NewVerifier(text)))
	}
	hashes := must(tlog.StoredHashes(int64(len(j.lines)), line, j))
	j.lines, j.hashes = append(j.lines, line), append(j.hashes, hashes...)
}

// A statement is what a note says to somebody who has the key of the epoch that it names.
type statement struct {
	size int64
	root tlog.Hash
}

func (j *journal) open(text []byte) (statement, error) {
	lines := strings.Split(string(text), "\n")
	var epoch int
	if len(lines) < 4 {
		return statement{}, fmt.Errorf("no note")
	}
	if _, err := fmt.Sscanf(lines[3], "epoch %d", &epoch); err != nil || epoch < 1 || epoch > len(j.sequencers) {
		return statement{}, fmt.Errorf("no epoch of this journal: %q", lines[3])
	}
	opened, err := note.Open(text, note.VerifierList(j.sequencers[epoch-1]))
	if err != nil {
		return statement{}, err
	}
	lines = strings.Split(opened.Text, "\n")
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return statement{}, err
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	done["notes"]++
	return statement{size, root}, err
}

var beginning = regexp.MustCompile(`(?m)^devjournal/`)

// notes cuts a file of several notes.
func notes(content []byte) [][]byte {
	var found [][]byte
	starts := beginning.FindAllIndex(content, -1)
	for index, start := range starts {
		end := len(content)
		if index+1 < len(starts) {
			end = starts[index+1][0]
		}
		found = append(found, content[start[0]:end])
	}
	return found
}

func (j *journal) check(s statement) {
	root := must(tlog.TreeHash(s.size, j))
	require(root == s.root, "%s: the root of %d lines is %v, and the note says %v", j.place, s.size, root, s.root)
}

// Every note of the sound journals, the records under each, and that the larger continues the smaller.
func checkJournal(place string) {
	j := readJournal(place)
	var stated []statement
	for _, name := range []string{"checkpoint", "head"} {
		content, err := os.ReadFile(filepath.Join(place, name))
		if os.IsNotExist(err) {
			continue
		}
		for _, text := range notes(content) {
			s := must(j.open(text))
			j.check(s)
			stated = append(stated, s)
		}
	}
	sort.Slice(stated, func(a, b int) bool { return stated[a].size < stated[b].size })
	for index, s := range stated {
		step := s.size/50 + 1
		for n := int64(0); n < s.size; n += step {
			proof := must(tlog.ProveRecord(s.size, n, j))
			if err := tlog.CheckRecord(proof, s.size, s.root, n, tlog.RecordHash(j.lines[n])); err != nil {
				fail("%s: record %d: %v", place, n+1, err)
			}
			done["records"]++
		}
		for _, older := range stated[:index] {
			proof := must(tlog.ProveTree(s.size, older.size, j))
			if err := tlog.CheckTree(proof, s.size, s.root, older.size, older.root); err != nil {
				fail("%s: %d continues %d: %v", place, s.size, older.size, err)
			}
			done["pairs"]++
		}
	}
}

// What the verifiers refuse for its signature, x/mod refuses as well.
func checkRefused(place, name string) {
	j := readJournal(place)
	for _, text := range notes(must(os.ReadFile(filepath.Join(place, name)))) {
		if _, err := j.open(text); err == nil {
			fail("%s/%s is signed, says x/mod", place, name)
		}
		done["refused"]++
	}
}

type proofFile struct {
	title, number string
	extra         [][]byte
	path          []tlog.Hash
	note          []byte
}

func readProof(path string) proofFile {
	head, rest, _ := bytes.Cut(must(os.ReadFile(path)), []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	extra := must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
	proof := proofFile{title: lines[0], number: lines[2], note: rest}
	for _, line := range bytes.SplitAfter(extra, []byte("\n")) {
		if len(line) > 0 {
			proof.extra = append(proof.extra, line)
		}
	}
	for _, line := range lines[3:] {
		proof.path = append(proof.path, must(tlog.ParseHash(line)))
	}
	return proof
}

func checkProof(path string, j *journal, older statement) {
	proof := readProof(path)
	s := must(j.open(proof.note))
	var n int64
	var check func(hashes []tlog.Hash) error
	switch proof.title {
	case "c2sp.org/tlog-proof@v1":
		must(fmt.Sscanf(proof.number, "index %d", &n))
		check = func(hashes []tlog.Hash) error {
			for _, line := range proof.extra {
				if bytes.Contains(line, []byte(fmt.Sprintf(`"seq":%d,`, n+1))) {
					return tlog.CheckRecord(hashes, s.size, s.root, n, tlog.RecordHash(line))
				}
			}
			return fmt.Errorf("the record is not among the lines")
		}
	default:
		must(fmt.Sscanf(proof.number, "old %d", &n))
		require(older.size == n, "%s begins with %d", path, n)
		check = func(hashes []tlog.Hash) error { return tlog.CheckTree(hashes, s.size, s.root, older.size, older.root) }
	}
	if err := check(proof.path); err != nil {
		fail("%s: %v", path, err)
	}
	for index := range proof.path {
		changed := append([]tlog.Hash{}, proof.path...)
		changed[index][7] ^= 1
		require(check(changed) != nil, "%s: hash %d was changed, and that goes unnoticed", path, index)
	}
	done["proofs"]++
}

// A tiled reads the files of a C2SP tlog-tiles log for x/mod, whose own paths name the height of a tile, too.
type tiled struct {
	place   string
	damaged string
}

func (t *tiled) Height() int                                { return 8 }
func (t *tiled) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (t *tiled) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.place, path))
		if err != nil {
			return nil, err
		}
		if path == t.damaged {
			data[len(data)/2] ^= 1
		}
		found = append(found, data)
	}
	return found, nil
}

func bundlePath(n, size int64) string {
	tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
	if rest := size - n*256; rest < 256 {
		tile.W = int(rest)
	}
	return strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
}

// tilesOf lists what tlog-tiles wants to be there for a checkpoint of that size.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for level := 0; size > 0; level++ {
		for n := int64(0); n < size/256; n++ {
			tiles = append(tiles, tlog.Tile{H: 8, L: level, N: n, W: 256})
		}
		if rest := int(size % 256); rest > 0 {
			tiles = append(tiles, tlog.Tile{H: 8, L: level, N: size / 256, W: rest})
		}
		size /= 256
	}
	return tiles
}

func checkTiles(place string) {
	content := must(os.ReadFile(filepath.Join(place, "checkpoint")))
	// The key is taken from the lines: who has none has the one that the export printed.
	j := &journal{place: place}
	var size int64
	must(fmt.Sscanf(strings.Split(string(content), "\n")[1], "%d", &size))
	for n := int64(0); n*256 < size; n++ {
		rest := must(os.ReadFile(filepath.Join(place, bundlePath(n, size))))
		for len(rest) > 0 {
			length := int(binary.BigEndian.Uint16(rest))
			j.add(rest[2 : 2+length])
			rest = rest[2+length:]
		}
	}
	require(int64(len(j.lines)) == size, "%s: %d entries, and the checkpoint says %d", place, len(j.lines), size)
	s := must(j.open(content))
	tree := tlog.Tree{N: s.size, Hash: s.root}
	reader := tlog.TileHashReader(tree, &tiled{place: place})
	require(must(tlog.TreeHash(size, reader)) == s.root, "%s: the tiles' root is not the note's", place)
	for n := int64(0); n < size; n += size/100 + 1 {
		hash := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)}))[0]
		require(hash == tlog.RecordHash(j.lines[n]), "%s: entry %d is not in its tile", place, n)
		proof := must(tlog.ProveRecord(size, n, reader))
		if err := tlog.CheckRecord(proof, size, s.root, n, hash); err != nil {
			fail("%s: entry %d: %v", place, n, err)
		}
		for _, older := range []int64{n/2 + 1, n + 1} {
			proof := must(tlog.ProveTree(size, older, reader))
			if err := tlog.CheckTree(proof, size, s.root, older, must(tlog.TreeHash(older, j))); err != nil {
				fail("%s: %d of %d: %v", place, older, size, err)
			}
		}
	}
	for _, tile := range tilesOf(size) {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		_, err := os.Stat(filepath.Join(place, path))
		require(err == nil, "%s: %v", place, err)
		done["tiles"]++
		if tile.L == 0 {
			// x/mod 0.7 leaves a full tile unchecked that comes early in its list: whoever reads entries compares them.
			n := tile.N*256 + int64(tile.W)/2
			damaged := tlog.TileHashReader(tree, &tiled{place: place, damaged: path})
			hashes, err := damaged.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
			require(err != nil || hashes[0] != tlog.RecordHash(j.lines[n]), "%s: %s was changed, and that goes unnoticed", place, path)
		}
	}
}

func main() {
	if len(os.Args) < 3 {
		fail("read_with_go REPOSITORY TILES...")
	}
	fixtures := filepath.Join(os.Args[1], "fixtures")
	var vectors struct {
		Checkpoint struct {
			Signed      string
			VerifierKey string `json:"verifier_key"`
		}
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(fixtures, "vectors.json"))), &vectors); err != nil {
		fail("%v", err)
	}
	verifier := must(note.NewVerifier(vectors.Checkpoint.VerifierKey))
	month := filepath.Join(fixtures, "journals", "good-month")
	opened := must(note.Open(must(os.ReadFile(filepath.Join(month, "checkpoint"))), note.VerifierList(verifier)))
	require(opened.Text == vectors.Checkpoint.Signed, "the example's text is another")
	for _, place := range must(filepath.Glob(filepath.Join(fixtures, "journals", "*"))) {
		var expect struct{ Reason string }
		if err := json.Unmarshal(must(os.ReadFile(filepath.Join(place, "expect.json"))), &expect); err != nil {
			fail("%v", err)
		}
		switch {
		case expect.Reason == "checkpoint-signature":
			checkRefused(place, "checkpoint")
		case expect.Reason == "head-signature":
			checkRefused(place, "head")
		case strings.HasPrefix(filepath.Base(place), "good-"):
			checkJournal(place)
		}
	}
	j := readJournal(month)
	older := must(j.open(must(os.ReadFile(filepath.Join(fixtures, "proofs", "good-month-3.checkpoint")))))
	j.check(older)
	for _, path := range must(filepath.Glob(filepath.Join(fixtures, "proofs", "*proof"))) {
		checkProof(path, j, older)
	}
	answer := must(os.ReadFile(filepath.Join(fixtures, "deliveries", "good-month.answer")))
	start, end := bytes.Index(answer, []byte("\ndevjournal/"))+1, bytes.Index(answer, []byte("\nevents "))+1
	j.check(must(j.open(answer[start:end])))
	for _, place := range os.Args[2:] {
		checkTiles(place)
	}
	for _, what := range []string{"notes", "records", "pairs", "refused", "proofs", "tiles"} {
		require(done[what] > 0, "no %s were read", what)
		fmt.Printf("%d %s  ", done[what], what)
	}
	fmt.Println()
}
