/// A record whose event a projection cannot read: nothing may be guessed from such a journal.
package struct ProjectionError: Error, Equatable, CustomStringConvertible {
    package let record: Int
    package let message: String

    package init(record: Int, message: String) {
        self.record = record
        self.message = message
    }

    package var description: String { "record \(record): \(message)" }
}
