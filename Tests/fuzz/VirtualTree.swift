import Catalogue
import PlainTree

/// Commands at a few paths, over several months: the virtual tree and the plainest one refuse the same ones, and have the
/// same objects and bytes.
///
/// Each command takes six bytes of the input: its kind, two of a few paths, and three numbers.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzVirtualTree(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    var tree = VirtualTree()
    let plain = PlainTree()
    var month = 0
    begin(&tree, plain, month)
    for place in stride(from: 0, to: input.count - 5, by: 6) {
        guard let entry = entry(input[place..<place + 6]) else {
            if month == 9 { break }
            end(&tree, plain)
            month += 1
            begin(&tree, plain, month)
            continue
        }
        guard entry.isPossible else { continue }
        let isDone = (try? tree.apply(entry)) != nil
        require(plain.apply(entry) == isDone, "what cannot be done is refused, and nothing else")
        if !isDone { return 0 }
    }
    end(&tree, plain)
    return 0
}

private func begin(_ tree: inout VirtualTree, _ plain: PlainTree, _ month: Int) {
    func uuid(_ month: Int) -> String { "01020304-0506-0708-090a-00000000000\(month)" }
    let parent = month == 0 ? nil : uuid(month - 1)
    guard let header = StreamMap.Header(streamVersion: 1, uuid: uuid(month), parent: parent),
        (try? tree.begin(header)) != nil
    else { fatalError("a chain begins, or continues") }
    plain.begin()
}

private func end(_ tree: inout VirtualTree, _ plain: PlainTree) {
    guard (try? tree.apply(.end(streamBytes: 1 << 40))) != nil, plain.apply(.end(streamBytes: 1 << 40)) else {
        fatalError("an artifact ends")
    }
    for (path, bytes) in plain.objects {
        guard let identity = tree.identity(at: path) else { fatalError("broken property: each object is there") }
        require(tree.paths(of: identity).contains(path), "an object knows its paths")
        require(tree.size(of: identity) == bytes?.count, "a file has its size")
        require(tree.change(of: identity) != nil, "what became of it is known")
        guard let bytes else { continue }
        guard let plan = try? tree.readPlan(for: path, size: bytes.count) else { fatalError("a file can be read") }
        require(PlainTree.origins(plan) == bytes, "each byte is where the plan says")
    }
}

private let paths = ["a", "b", "c", "a/a", "a/b", "b/a", "b/c", "a/a/a", "a/b/c", "c/a/b"].map { Array($0.utf8) }

/// Nil where a month ends.
private func entry(_ bytes: ArraySlice<UInt8>) -> StreamMap.Entry? {
    let numbers = bytes.suffix(3).map { Int($0) }
    let path = paths[Int(bytes[bytes.startIndex + 1]) % paths.count]
    let other = paths[Int(bytes[bytes.startIndex + 2]) % paths.count]
    let (offset, length, at) = (numbers[0], numbers[1] & 63, numbers[2] + 1)
    switch bytes[bytes.startIndex] % 18 {
    case 0: return .make(.file, at: path)
    case 1: return .make(.directory, at: path)
    case 2: return .make(.symbolicLink(target: other), at: path)
    case 3: return .rename(path, to: other)
    case 4: return .hardLink(path, of: other)
    case 5: return .unlink(path)
    case 6: return .removeDirectory(path)
    case 7, 8: return .open(path)
    case 9: return .truncate(size: offset)
    case 10: return .punch(offset: offset, length: length)
    case 11: return .zeros(offset: offset, length: length)
    case 12: return .data(StreamMap.DataRun(offset: offset, length: length, at: at))
    case 13:
        return .data(
            StreamMap.DataRun(offset: offset, length: length, at: at, count: 2 + at % 5, stride: length + 1 + at % 7))
    case 14:
        return .encoded(
            StreamMap.EncodedExtent(
                offset: offset, length: length, at: at, storedLength: 9, compression: .zstd, wholeLength: 256,
                skip: at & 127))
    case 15, 16:
        return .clone(
            StreamMap.CloneRange(
                offset: offset, length: length, tree: bytes[bytes.startIndex] & 32 == 0 ? .own : .parent, source: path,
                sourceOffset: at - 1))
    default: return nil
    }
}
