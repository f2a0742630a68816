import Machines

/// What a command's exit status says. Scripts rely on these numbers: they never change their meaning.
enum ExitStatus: Int32 {
    case done = 0
    /// A journal that is damaged or forged; an artifact that is not what the journal says.
    case damaged = 1
    /// A call of the system failed, the disk is full, a producer died.
    case failed = 2
    case tornTail = 3
    /// Sound, but a person should look: a verifier's warnings, or an audit that misses an expected event.
    case warnings = 4
    /// A projection differs from what the journal says.
    case drift = 5
    /// Policy, a reserved type, content that is already there in another form, another version than expected.
    case refused = 6
    case notFound = 7
    case wrongKey = 8
    /// The mirror refused, holds another history or cannot be reached.
    case mirror = 9
    /// Not all of it now, and nothing is lost by running it again: the mirror lacks something that the journal says is
    /// there, a push left out what is damaged here, a label's month has not come.
    case incomplete = 11
    /// Another ssh host key than the paired one answers.
    case otherHostKey = 12
    /// The event is recorded durably, and its receipt or the projections could not be written.
    case receiptNotDelivered = 13
    /// Nobody can say now whether the event is recorded: with the same `--id` it can be appended again.
    case unknownWhetherRecorded = 14
    /// Somebody else held the lock, or something did not happen, until the time that was given had passed.
    case deadlinePassed = 15
    /// The backup is made, and files of its source are not what they were, though nothing changed them.
    case sourceDamaged = 16
    /// The event stays recorded, or in the outbox, and did not come as far as `--wait` says before `--deadline` passed.
    case late = 17
    /// The next checkpoint is overdue: the server has fallen silent, or is out of reach from here.
    case silent = 18
    /// No checkpoint is cosigned as a policy asks.
    case unwitnessed = 19
    case usage = 64

    /// The backup is safe, and the server's working copy did not follow: the month's alone.
    static let workingCopyBehind: Int32 = 10

    static let help = """
        Exit status: 0 done · 1 damaged or forged · 2 failed · 3 torn tail · 4 sound with warnings · 5 drift · \
        6 refused · 7 not found · 8 wrong key or passphrase · 9 mirror refused or out of reach · \
        11 incomplete, or not yet: run it again · 12 another ssh host key than the paired one · \
        13 recorded, but the receipt or the projections could not be written · 14 unknown whether it is recorded · \
        15 a deadline passed (--lock-timeout) · 16 the backup is made, files of its source are damaged · \
        17 recorded, but not mirrored when --deadline passed · 18 the server is silent · 19 not witnessed as the policy \
        asks · 64 usage
        """

    init(_ kind: FailureKind) {
        self =
            switch kind {
            case .usage: .usage
            case .failed: .failed
            case .refused: .refused
            case .notFound: .notFound
            case .damaged: .damaged
            case .wrongKey: .wrongKey
            case .mirror: .mirror
            case .incomplete: .incomplete
            case .recordedOnly: .receiptNotDelivered
            case .late: .late
            case .drift: .drift
            }
    }
}
