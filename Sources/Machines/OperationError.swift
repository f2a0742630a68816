/// Why an operation did not do its work: what each error of the application targets says of itself. `devjournal` makes a
/// line, a hint and an exit status of it; callers and tests branch on the errors' own cases.
package protocol OperationError: Error, CustomStringConvertible, Equatable {
    /// One line, lower case, without a final period.
    var description: String { get }
    /// What mends it, a command where there is one.
    var hint: String? { get }
    var kind: FailureKind { get }
}

/// What kind of failure, as exit statuses tell them apart.
package enum FailureKind: Sendable {
    /// What was asked for is not a thing to ask for.
    case usage
    /// A call of the system failed, a disk is full, a program did not start.
    case failed
    /// Something is there, sound, and stands against it.
    case refused
    case notFound
    /// Bytes that are not what was signed, or no bytes at all where some belong.
    case damaged
    case wrongKey
    /// The mirror refused it or cannot be reached.
    case mirror
    /// Not all of it now; the same again does the rest.
    case incomplete
    /// The event is durable, something that follows from it is not.
    case recordedOnly
    /// It is done and stays, and has not come as far as was asked in the time that was given.
    case late
    /// A projection is not what the journal says.
    case drift
}
