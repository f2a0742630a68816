import Catalogue

/// The maps of a chain, each by its lines with spaces for tabs; first and last line are added.
func madeMaps(_ maps: [[String]]) -> [[UInt8]] {
    maps.enumerated().map { number, lines in
        let parent = number == 0 ? "-" : uuid(number - 1)
        let all = ["devjournal/map/v1 2 \(uuid(number)) \(parent)"] + lines + ["end 1000000"]
        return Array(all.map { $0.map { $0 == " " ? "\t" : String($0) }.joined() + "\n" }.joined().utf8)
    }
}

private func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "01020304-0506-0708-090a-" + String(repeating: "0", count: 12 - digits.count) + digits
}

func madeTree(_ maps: [String]...) throws(CatalogueError) -> VirtualTree {
    var tree = VirtualTree()
    for map in madeMaps(maps) { try tree.add(map.span) }
    return tree
}

extension VirtualTree {
    /// The pieces of a file, each as `OFFSET LENGTH ARTIFACT:PLACE`, `OFFSET LENGTH -` for zeros.
    func pieces(_ path: String, size: Int? = nil) throws -> [String] {
        let bytes = Array(path.utf8)
        let known = identity(at: bytes).flatMap { self.size(of: $0) }
        return try readPlan(for: bytes, size: size ?? known ?? 0).map { piece in
            switch piece.source {
            case .zeros: "\(piece.offset) \(piece.length) -"
            case .stream(let artifact, let place): "\(piece.offset) \(piece.length) \(artifact):\(place)"
            case .encoded(let artifact, let place, let stored, let compression, let whole, let skip):
                "\(piece.offset) \(piece.length) \(artifact):\(place)+\(stored) \(compression) \(skip) of \(whole)"
            }
        }
    }

    func identity(_ path: String) -> Identity? { identity(at: Array(path.utf8)) }

    func size(_ path: String) -> Int? { identity(path).flatMap { size(of: $0) } }

    func paths(_ identity: Identity) -> [String] { paths(of: identity).map { String(decoding: $0, as: UTF8.self) } }
}
