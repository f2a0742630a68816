/// Types that a command appends when it has done what they tell.
package enum ReservedType {
    package static func hint(_ type: String) -> String? {
        let commands = [
            "artifact.sealed": "seal", "artifact.registered": "register", "artifact.uploaded": "push",
            "artifact.stored": "store", "artifact.verified": "scrub", "snapshot.restored": "restore",
            "restore.released": "restore",
            "worktree.updated": "restore", "journal.opened": "init", "epoch.started": "rebuild --from-mirror",
            "journal.succeeds": "init --succeeds", "root.replaced": "key replace-root",
            "key.enrolled": "key enrol", "kit.made": "kit make", "recipient.set": "init",
            "journal.repaired": "repair", "manifest.imported": "import", "review.signed": "audit sign",
        ]
        return commands[type].map { "devjournal \($0) does it and records it" }
    }
}
