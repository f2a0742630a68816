package import JournalFormat

/// What a person keeps far from the server: one age file under a passphrase, with a section for each data set, which
/// holds its age identities, and as comments its root key and where everything is.
///
/// Because the rest is comments, the file is an encrypted identity file as stock `age` knows it: `age -d -i KIT FILE`
/// opens anything in the buckets. A root key lives here and nowhere else.
package struct RecoveryKit: Sendable {
    /// At least one, and at most one of each data set and of each journal.
    package let sections: [KitSection]

    /// A kit is read into guarded memory, key by key.
    package static let sectionLimit = 64
    package static let identityLimit = 16

    /// Why sections make no kit. The old ones are as they were.
    package enum SectionError: Error, Equatable, CustomStringConvertible {
        case missing(String, there: [String])
        case alreadyThere(String, EventID)
        case twice(String)
        case oneJournal(String, String)
        case otherJournal(String, EventID, EventID)
        case otherRoot(String, KeyID, KeyID)
        case tooMany
        case badMirror(String)

        package var description: String {
            switch self {
            case .missing(let name, let there):
                "the kit has no section of data set \(name), only of \(there.joined(separator: ", "))"
            case .alreadyThere(let name, let log): "the kit has data set \(name) already, with the journal \(log)"
            case .twice(let name): "two sections are of data set \(name)"
            case .oneJournal(let one, let other): "the sections of \(one) and \(other) name one journal"
            case .otherJournal(let name, let one, let other):
                "the sections of data set \(name) are of two journals, \(one) and \(other)"
            case .otherRoot(let name, let one, let other):
                "the sections of data set \(name) hold two roots, \(one) and \(other)"
            case .tooMany:
                "a kit holds at most \(sectionLimit) data sets, and \(identityLimit) age identities of each"
            case .badMirror(let name): "the mirror's URL of data set \(name) does not fit into a line"
            }
        }

        package var hint: String? {
            switch self {
            case .missing: "name another kit, or the configuration of a data set that is in it"
            case .alreadyThere:
                "devjournal rebuild --from-mirror brings that journal back; a new one needs a kit without this data set"
            case .otherJournal: "leave out the kit of the journal that is given up"
            case .otherRoot: "leave out the kit from before the root was replaced"
            case .twice, .oneJournal, .tooMany, .badMirror: nil
            }
        }
    }

    /// - Parameter sections: at least one.
    package init(_ sections: [KitSection]) throws(SectionError) {
        precondition(!sections.isEmpty, "a kit is of at least one data set")
        var names: [EventID: String] = [:]
        for section in sections {
            if names.values.contains(section.dataset) { throw .twice(section.dataset) }
            if let other = names.updateValue(section.dataset, forKey: section.log) {
                throw .oneJournal(other, section.dataset)
            }
            if section.identities.count > Self.identityLimit { throw .tooMany }
            if let mirror = section.mirror, !KitSection.isMirror(mirror) { throw .badMirror(section.dataset) }
        }
        if sections.count > Self.sectionLimit { throw .tooMany }
        self.sections = sections
    }

    package var datasets: [String] { sections.map(\.dataset) }

    package func section(of dataset: String) throws(SectionError) -> KitSection {
        guard let section = sections.first(where: { $0.dataset == dataset }) else {
            throw .missing(dataset, there: datasets)
        }
        return section
    }

    /// Refuses a data set that is there.
    package func requireNone(of dataset: String) throws(SectionError) {
        if let there = sections.first(where: { $0.dataset == dataset }) { throw .alreadyThere(dataset, there.log) }
    }

    /// With a data set that it has not yet.
    package func adding(_ section: KitSection) throws(SectionError) -> RecoveryKit {
        try requireNone(of: section.dataset)
        return try RecoveryKit(sections + [section])
    }

    /// With this in the place of the section of that data set, which is of the same journal. The root may be another.
    package func replacing(_ section: KitSection) throws(SectionError) -> RecoveryKit {
        let there = try self.section(of: section.dataset)
        guard there.log == section.log else { throw .otherJournal(there.dataset, there.log, section.log) }
        return try RecoveryKit(sections.map { $0.dataset == section.dataset ? section : $0 })
    }

    /// With the sections of another kit. Of a data set that both have, this one's mirror counts, and all identities are
    /// kept.
    package func joined(with other: RecoveryKit) throws(SectionError) -> RecoveryKit {
        var joined = sections
        for section in other.sections {
            guard let index = joined.firstIndex(where: { $0.dataset == section.dataset }) else {
                joined.append(section)
                continue
            }
            let mine = joined[index]
            guard mine.log == section.log else { throw .otherJournal(mine.dataset, mine.log, section.log) }
            guard mine.root.id == section.root.id else {
                throw .otherRoot(mine.dataset, mine.root.id, section.root.id)
            }
            joined[index].add(section.identities)
            joined[index].mirror = mine.mirror ?? section.mirror
        }
        return try RecoveryKit(joined)
    }
}
