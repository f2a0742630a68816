internal import Catalogue

/// Writes down what the commands of a send stream do, as the text of a `StreamMap`, while they flow by: the inspector
/// gives it each command that it has judged.
///
/// One entry at most waits for what may belong to it: a make for the rename to its final name, which follows at once; a
/// run of writes or zeros for the next of them.
struct StreamMapRecorder {
    /// What has come of the text and was not taken yet, in whole lines.
    var text: [UInt8] = []
    private let uuid: SubvolumeUUID
    private var made: (object: StreamMap.Object, path: [UInt8])?
    private var content: StreamMap.Entry?
    /// Of the file that content goes to.
    private var openPath: [UInt8]?

    /// Begins with the text's first line.
    init?(_ subvolume: SendStreamSubvolume, version: UInt32) {
        let header = StreamMap.Header(
            streamVersion: Int(version), uuid: subvolume.uuid.description, parent: subvolume.parentUUID?.description)
        guard let header else { return nil }
        uuid = subvolume.uuid
        header.append(to: &text)
    }

    /// - Parameter attributesAt: where in the stream the command's attributes begin.
    /// - Returns: false for a command that lacks what says what it does, or says what no stream can.
    mutating func record(_ command: StreamCommand, attributesAt place: UInt64) -> Bool {
        switch command.kind {
        case SendCommand.makeFile: return make(.file, command)
        case SendCommand.makeDirectory: return make(.directory, command)
        case SendCommand.symbolicLink: return make(.symbolicLink(target: command.otherPath), command)
        case SendCommand.makeNode: return make(.node, command)
        case SendCommand.makeFifo: return make(.fifo, command)
        case SendCommand.makeSocket: return make(.socket, command)
        case SendCommand.rename:
            if let waiting = made, waiting.path == command.path {
                made = nil
                return put(.make(waiting.object, at: command.otherPath))
            }
            return putName(.rename(command.path, to: command.otherPath))
        case SendCommand.link: return putName(.hardLink(command.path, of: command.otherPath))
        case SendCommand.unlink: return putName(.unlink(command.path))
        case SendCommand.removeDirectory: return putName(.removeDirectory(command.path))
        case SendCommand.truncate, SendCommand.allocate, SendCommand.write, SendCommand.encodedWrite, SendCommand.clone:
            return recordContent(command, place)
        default:
            // Owners, modes, times and attributes.
            return true
        }
    }

    /// The stream is complete, and so long; false where it cannot be.
    mutating func finish(streamBytes: UInt64) -> Bool {
        flush() && put(.end(streamBytes: Int(clamping: streamBytes)))
    }

    // MARK: Names

    private mutating func make(_ object: StreamMap.Object, _ command: StreamCommand) -> Bool {
        guard StreamMap.Entry.make(object, at: command.path).isPossible, flush() else { return false }
        made = (object, command.path)
        return true
    }

    private mutating func putName(_ entry: StreamMap.Entry) -> Bool {
        guard flush() else { return false }
        return put(entry)
    }

    private mutating func flush() -> Bool {
        if let (object, path) = made {
            made = nil
            if !put(.make(object, at: path)) { return false }
        }
        if let entry = content {
            content = nil
            return put(entry)
        }
        return true
    }

    private mutating func put(_ entry: StreamMap.Entry) -> Bool {
        guard entry.isPossible else { return false }
        switch entry {
        case .make(.file, let path), .open(let path): openPath = path
        case .make, .rename, .hardLink, .unlink, .removeDirectory: openPath = nil
        case .truncate, .punch, .zeros, .data, .encoded, .clone, .end: break
        }
        entry.append(to: &text)
        return true
    }

    // MARK: Contents

    private mutating func recordContent(_ command: StreamCommand, _ place: UInt64) -> Bool {
        guard let entry = contentEntry(command, place) else { return command.saysNothing }
        guard entry.isPossible else { return false }
        if made != nil && !flush() { return false }
        if openPath != command.path {
            guard flush(), put(.open(command.path)) else { return false }
        }
        if let joined = content.flatMap({ Self.joined($0, entry) }) {
            content = joined
            return true
        }
        guard flush() else { return false }
        content = entry
        return true
    }

    /// Nil where the command does not say all that it must, or is of no bytes.
    private func contentEntry(_ command: StreamCommand, _ place: UInt64) -> StreamMap.Entry? {
        func number(_ kind: UInt16) -> Int? { command.number(kind).flatMap(Int.init(exactly:)) }
        if command.kind == SendCommand.truncate { return number(SendAttribute.size).map { .truncate(size: $0) } }
        guard let offset = number(SendAttribute.fileOffset) else { return nil }
        switch command.kind {
        case SendCommand.allocate:
            return number(SendAttribute.size).flatMap { $0 > 0 ? .punch(offset: offset, length: $0) : nil }
        case SendCommand.clone:
            guard let length = number(SendAttribute.cloneLength), length > 0,
                let sourceOffset = number(SendAttribute.cloneOffset)
            else { return nil }
            return .clone(
                StreamMap.CloneRange(
                    offset: offset, length: length, tree: command.cloneUUID == uuid ? .own : .parent,
                    source: command.otherPath, sourceOffset: sourceOffset))
        default: break
        }
        guard let data = command.content, data.length > 0, let at = Int(exactly: place + UInt64(data.start)) else {
            return nil
        }
        if command.kind == SendCommand.encodedWrite { return encodedEntry(command, offset, at, data.length) }
        if data.isZero { return .zeros(offset: offset, length: data.length) }
        return .data(StreamMap.DataRun(offset: offset, length: data.length, at: at))
    }

    private func encodedEntry(
        _ command: StreamCommand, _ offset: Int, _ at: Int, _ storedLength: Int
    ) -> StreamMap.Entry? {
        func number(_ kind: UInt16) -> Int { command.number(kind).flatMap(Int.init(exactly:)) ?? 0 }
        let length = number(SendAttribute.unencodedFileLength)
        let skip = number(SendAttribute.unencodedOffset)
        let method = number(SendAttribute.compression)
        if method == 0 {
            // Data as they are.
            guard skip + length <= storedLength else { return nil }
            return .data(StreamMap.DataRun(offset: offset, length: length, at: at + skip))
        }
        guard method <= StreamMap.Compression.allCases.count else { return nil }
        return .encoded(
            StreamMap.EncodedExtent(
                offset: offset, length: length, at: at, storedLength: storedLength,
                compression: StreamMap.Compression.allCases[method - 1],
                wholeLength: number(SendAttribute.unencodedLength), skip: skip))
    }

    /// Both as one, where the second continues the first.
    private static func joined(_ first: StreamMap.Entry, _ second: StreamMap.Entry) -> StreamMap.Entry? {
        switch (first, second) {
        case (.zeros(let start, let length), .zeros(let next, let more)) where start + length == next:
            return .zeros(offset: start, length: length + more)
        case (.punch(let start, let length), .punch(let next, let more)) where start + length == next:
            return .punch(offset: start, length: length + more)
        case (.data(let run), .data(let next)):
            guard run.length == next.length, run.offset + run.bytes == next.offset else { return nil }
            let stride = next.at - run.at - (run.count - 1) * run.stride
            guard run.count == 1 ? stride > run.length : stride == run.stride else { return nil }
            return .data(
                StreamMap.DataRun(
                    offset: run.offset, length: run.length, at: run.at, count: run.count + 1, stride: stride))
        default:
            return nil
        }
    }
}

extension StreamCommand {
    /// Content of no bytes, which changes nothing: what says how many, and where, is there.
    fileprivate var saysNothing: Bool {
        guard number(SendAttribute.fileOffset) != nil else { return false }
        return switch kind {
        case SendCommand.write: content?.length == 0
        case SendCommand.allocate: number(SendAttribute.size) == 0
        case SendCommand.clone: number(SendAttribute.cloneLength) == 0 && number(SendAttribute.cloneOffset) != nil
        default: false
        }
    }
}
