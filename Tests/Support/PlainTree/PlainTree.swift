package import Catalogue

/// What a virtual tree must be, in the plainest way: each directory a dictionary, each file its bytes one by one, the
/// parent a deep copy. For small trees and small files.
package final class PlainTree {
    /// Where a byte comes from; 0 for a zero.
    package typealias Origin = UInt64

    private final class Object {
        var bytes: [Origin]?
        var children: [[UInt8]: Object]?

        init(bytes: [Origin]? = nil, children: [[UInt8]: Object]? = nil) {
            self.bytes = bytes
            self.children = children
        }
    }

    private var top = Object(children: [:])
    private var parent = Object(children: [:])
    private var artifact: UInt64 = 0
    private var open: Object?

    package init() {}

    package func begin() {
        var copies: [ObjectIdentifier: Object] = [:]
        parent = Self.copy(top, &copies)
        open = nil
    }

    /// False for what the tree cannot be done to.
    package func apply(_ entry: StreamMap.Entry) -> Bool {
        switch entry {
        case .make(let object, let path):
            let made =
                switch object {
                case .file: Object(bytes: [])
                case .directory: Object(children: [:])
                default: Object()
                }
            guard attach(made, path) else { return false }
            open = made.bytes == nil ? nil : made
        case .rename(let path, let other):
            guard let object = find(path, top), object !== top,
                !(other + [0x2f]).starts(with: path + [0x2f]), attach(object, other)
            else { return false }
            detach(path)
        case .hardLink(let path, let other):
            guard let object = find(other, top), object.children == nil, attach(object, path) else { return false }
            open = nil
        case .unlink(let path):
            guard let object = find(path, top), object.children == nil else { return false }
            detach(path)
        case .removeDirectory(let path):
            guard let object = find(path, top), object !== top, object.children?.isEmpty == true else { return false }
            detach(path)
        case .open(let path):
            guard let object = find(path, top), object.bytes != nil else { return false }
            open = object
        case .end:
            artifact += 1
            open = nil
        default:
            return change(entry)
        }
        return true
    }

    private func change(_ entry: StreamMap.Entry) -> Bool {
        guard let open, var bytes = open.bytes else { return false }
        func put(_ new: [Origin], _ offset: Int) {
            while bytes.count < offset + new.count { bytes.append(0) }
            for index in new.indices { bytes[offset + index] = new[index] }
        }
        switch entry {
        case .truncate(let size):
            while bytes.count < size { bytes.append(0) }
            bytes.removeLast(bytes.count - size)
        case .punch(let offset, let length):
            for place in offset..<offset + length where place < bytes.count { bytes[place] = 0 }
        case .zeros(let offset, let length): put([Origin](repeating: 0, count: length), offset)
        case .data(let run):
            for number in 0..<run.count {
                let at = run.at + number * run.stride
                put((at..<at + run.length).map { Self.origin(artifact, $0) }, run.offset + number * run.length)
            }
        case .encoded(let extent):
            put((0..<extent.length).map { Self.encodedOrigin(artifact, extent.at, extent.skip + $0) }, extent.offset)
        case .clone(let range):
            let source = find(range.source, range.tree == .own ? top : parent)
            guard let from = source?.bytes, range.sourceOffset + range.length <= from.count else { return false }
            if source === open && abs(range.offset - range.sourceOffset) < range.length { return false }
            put(Array(from[range.sourceOffset..<range.sourceOffset + range.length]), range.offset)
        default: return false
        }
        open.bytes = bytes
        return true
    }

    /// Of a byte of a stream.
    package static func origin(_ artifact: UInt64, _ place: Int) -> Origin { artifact << 48 | UInt64(place) << 1 | 1 }

    /// Of a byte of what an extent is when undone.
    package static func encodedOrigin(_ artifact: UInt64, _ at: Int, _ index: Int) -> Origin {
        1 << 63 | artifact << 48 | UInt64(at) << 16 | UInt64(index)
    }

    /// Where each byte of the plan's file comes from.
    package static func origins(_ plan: ReadPlan) -> [Origin] {
        var origins: [Origin] = []
        for piece in plan {
            switch piece.source {
            case .zeros: origins += [Origin](repeating: 0, count: piece.length)
            case .stream(let artifact, let offset):
                origins += (offset..<offset + piece.length).map { origin(UInt64(artifact), $0) }
            case .encoded(let artifact, let offset, _, _, _, let skip):
                origins += (skip..<skip + piece.length).map { encodedOrigin(UInt64(artifact), offset, $0) }
            }
        }
        return origins
    }

    /// All paths, and the bytes of those that are files.
    package var objects: [[UInt8]: [Origin]?] {
        var found: [[UInt8]: [Origin]?] = [:]
        var pending: [([UInt8], Object)] = [([], top)]
        while let (path, object) = pending.popLast() {
            for (name, child) in object.children ?? [:] {
                let below = path.isEmpty ? name : path + [0x2f] + name
                found.updateValue(child.bytes, forKey: below)
                pending.append((below, child))
            }
        }
        return found
    }

    private func find(_ path: [UInt8], _ top: Object) -> Object? {
        var object = top
        for name in path.split(separator: 0x2f) {
            guard let child = object.children?[Array(name)] else { return nil }
            object = child
        }
        return object
    }

    private func place(_ path: [UInt8]) -> (Object, [UInt8])? {
        let names = path.split(separator: 0x2f)
        guard let last = names.last else { return nil }
        let directory = find(Array(names.dropLast().joined(separator: [0x2f])), top)
        return directory.map { ($0, Array(last)) }
    }

    private func attach(_ object: Object, _ path: [UInt8]) -> Bool {
        guard let (directory, name) = place(path), directory.children != nil, directory.children?[name] == nil else {
            return false
        }
        directory.children?[name] = object
        return true
    }

    private func detach(_ path: [UInt8]) {
        if let (directory, name) = place(path) { directory.children?[name] = nil }
        open = nil
    }

    private static func copy(_ object: Object, _ copies: inout [ObjectIdentifier: Object]) -> Object {
        if let copy = copies[ObjectIdentifier(object)] { return copy }
        let copy = Object(bytes: object.bytes)
        copies[ObjectIdentifier(object)] = copy
        if let children = object.children {
            copy.children = [:]
            for (name, child) in children { copy.children?[name] = Self.copy(child, &copies) }
        }
        return copy
    }
}
