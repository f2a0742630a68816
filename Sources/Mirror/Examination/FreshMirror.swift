package import Age
internal import Backup
package import ObjectStore
internal import Sodium

/// Whether a mirror can be that of a journal that is about to be opened: asked before anything lasting is made, not by a push
/// three months later.
package struct FreshMirror: Sendable {
    private let store: any ObjectStore
    private let layout: MirrorLayout

    package init(_ store: any ObjectStore, layout: MirrorLayout) {
        self.store = store
        self.layout = layout
    }

    /// Something that is there already, such as another journal; nil where nothing of the data set is.
    package func occupant() throws(MirrorError) -> ObjectKey? {
        guard try contents().first != nil else { return nil }
        // Twice: one damaged answer must not say that it is taken.
        return try contents().first
    }

    private func contents() throws(MirrorError) -> [ObjectKey] {
        try orMirror { () throws(StoreError) in
            let canary = try layout.canary()
            return try store.list(prefix: layout.prefix).map(\.key).filter { key in
                key != canary && !layout.isLockProbe(key) && !key.text.hasPrefix(layout.doctorPrefix)
            }
        }
    }

    /// Tries to write, and whether the conditions are kept that commits of a journal need.
    package func demandConditions(sealedTo recipient: AgeRecipient) throws(MirrorError) {
        let support = try orMirror { () throws(StoreError) in
            try store.canary(try layout.canary()) { AgeFile.encrypt(randomBytes(32).span, to: [recipient]) }
        }
        guard support.isComplete else {
            throw support.refusesOwn ? .conditionsRefused(url: store.url) : .conditionsIgnored(url: store.url)
        }
    }
}
