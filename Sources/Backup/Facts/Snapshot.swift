/// A label's snapshot on the workstation that took it.
package struct Snapshot: Sendable, Equatable {
    package let label: Label
    package let uuid: String
    package let path: String

    package init(label: Label, uuid: String, path: String) {
        self.label = label
        self.uuid = uuid
        self.path = path
    }
}
