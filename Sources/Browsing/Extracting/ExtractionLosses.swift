/// What of a tree could not be kept where it was extracted to: the file system does not have it, or this user may not set
/// it.
package struct ExtractionLosses: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case owner, mode, time, attribute
        /// Names of one file that became files of their own.
        case hardLink = "hard_link"
        /// Objects that are not there at all.
        case symbolicLink = "symbolic_link"
        case fifo, socket, device
        case name

        /// Whether the object is missing.
        package var isWholeObject: Bool {
            switch self {
            case .owner, .mode, .time, .attribute, .hardLink: false
            case .symbolicLink, .fifo, .socket, .device, .name: true
            }
        }
    }

    package struct Loss: Sendable, Equatable {
        package let kind: Kind
        package let path: [UInt8]
        /// What the system said, or the attribute's name with it.
        package let what: String
    }

    package private(set) var all: [Loss] = []

    mutating func add(_ kind: Kind, _ path: [UInt8], _ what: String) {
        all.append(Loss(kind: kind, path: path, what: what))
    }

    package var hasMissingObjects: Bool { all.contains { $0.kind.isWholeObject } }

    /// A line for each kind, for a person.
    package var lines: [String] {
        Kind.allCases.compactMap { kind in
            let losses = all.filter { $0.kind == kind }
            guard let first = losses.first else { return nil }
            var objects = Set<[UInt8]>()
            for loss in losses { objects.insert(loss.path) }
            let more = objects.count > 1 ? " and \(objects.count - 1) more" : ""
            let name = first.path.isEmpty ? "." : ShownPath.text(first.path)
            return "\(kind.text): \(name)\(more) (\(first.what))"
        }
    }
}

extension ExtractionLosses.Kind {
    fileprivate var text: String {
        switch self {
        case .owner: "owners that could not be set"
        case .mode: "modes that could not be kept"
        case .time: "times that could not be kept"
        case .attribute: "extended attributes that could not be kept"
        case .hardLink: "further names that became files of their own"
        case .symbolicLink: "symbolic links that could not be made"
        case .fifo: "FIFOs that could not be made"
        case .socket: "sockets that could not be made"
        case .device: "devices that could not be made"
        case .name: "names that the file system does not take"
        }
    }
}
