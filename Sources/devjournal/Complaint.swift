import Age
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ObjectStore
import RecoveryKit
import Restoring
import Sealing
import SystemPackage

/// An error as a person and a script meet it: one line, perhaps a hint, an exit status.
struct Complaint: Error {
    let message: String
    var hint: String?
    let status: ExitStatus

    init(_ message: String, hint: String? = nil, _ status: ExitStatus) {
        self.message = message
        self.hint = hint
        self.status = status
    }
}

extension Complaint {
    /// Says on standard error what has failed, unless that was said already.
    ///
    /// - Returns: its exit status.
    static func tell(_ error: any Error) -> Int {
        if let failure = error as? SaidElsewhereError { return Int(failure.status) }
        let complaint = Complaint(error)
        Terminal.report(complaint, asJSON: false)
        return Int(complaint.status.rawValue)
    }

    /// One place decides what each failure is called and what it exits with.
    init(_ error: any Error) {
        switch error {
        case let complaint as Complaint:
            self = complaint
        case let error as any OperationError:
            self.init(error.description, hint: error.hint, ExitStatus(error.kind))
        case let error as BatchLineError:
            let complaint = Complaint(error.reason)
            self.init("line \(error.line): \(complaint.message)", hint: complaint.hint, complaint.status)
        case let seen as SeenInViewError:
            let complaint = Complaint(seen.cause)
            self.init(seen.named(complaint.message), hint: complaint.hint.map(seen.named), complaint.status)
        case RootPlaceError.steerable(let path, let hint):
            self.init(path.description, hint: hint, .refused)
        case RootPlaceError.file(let failure):
            self.init(failure)
        case let error as JournalError:
            self.init(error.description, hint: Self.hint(error), Self.status(of: error))
        case let error as ReplicaError:
            self.init(replica: error)
        case let damage as DamageError:
            self.init("the journal is damaged or forged: \(damage)", .damaged)
        case let refused as DecisionError:
            self.init(refused.description, hint: refused.hint, Self.status(of: refused.kind))
        case let refusal as ProjectionError:
            self.init("the journal cannot be used: \(refusal)", .refused)
        case let refusal as ServedRequestError:
            self.init("not served: \(refusal)", .refused)
        case let failure as RestorePlanError:
            self.init(failure.description, hint: "devjournal manifest lists what is registered", .notFound)
        case let failure as RecoveryKit.OpeningError:
            self.init(
                failure.description,
                hint: failure.isWrongPassphrase ? "the passphrase was shown when the kit was made" : nil, .wrongKey)
        case let refusal as RecoveryKit.SectionError:
            self.init(refusal.description, hint: refusal.hint, .refused)
        case let error as AgeError:
            self.init(error.description, error == .wrongKey ? .wrongKey : .damaged)
        case let error as StoreError:
            self.init(error.description, hint: error.hint, Self.status(of: error))
        case let error as MirrorError:
            self.init(error.description, hint: error.hint, Self.status(of: error))
        case let error as SealError:
            self.init(error.description, hint: error.hint, Self.status(of: error))
        case let error as OpenError:
            self.init(error.description, hint: error.hint, Self.status(of: error))
        case let mismatch as StreamMismatchError:
            self.init(mismatch.description, hint: "what was received is deleted again", .damaged)
        case let error as SendStreamError where error.isCut:
            self.init(error.description, hint: "run it again", .failed)
        case let error as SendStreamError:
            self.init(
                error.description, hint: "what was received is deleted again; find out who made this stream", .damaged)
        case let error as RelayError:
            switch error {
            case .notStarted, .senderFailed: self.init(error.description, .failed)
            case .bytesBehindTheLast, .otherFrames, .otherFrame:
                self.init(
                    error.description,
                    hint: "what was received of it is deleted again; the server is damaged, or in other hands", .damaged
                )
            }
        case SSHError.keyNotAdmitted:
            self.init("the server does not admit this machine's ssh key", .failed)
        case SSHError.otherHostKey(let other):
            self.init(
                "\(other); nothing was sent to it",
                hint: "if the server was installed or rebuilt since, and init_LS.sh shows this key there: "
                    + "init_WS.sh --pair 'LINE', with its line; else another machine may be answering in its place",
                .otherHostKey)
        case RootsOwnPlaceError.steerable(let path):
            self.init(path.description, hint: path.hint, .refused)
        case RootsOwnPlaceError.file(let failure):
            self.init(failure)
        case let failure as FileFailure:
            self.init(
                failure.description, hint: Self.hint(failure),
                Self.status(of: failure))
        default:
            self.init("\(error)", .failed)
        }
    }

    private static func status(of kind: DecisionError.Kind) -> ExitStatus {
        switch kind {
        case .conflict: .refused
        case .notFound: .notFound
        case .later: .incomplete
        }
    }

    private static func status(of failure: FileFailure) -> ExitStatus {
        if failure.isLockTimeout { return .deadlinePassed }
        return failure.errno == .noSuchFileOrDirectory ? .notFound : .failed
    }

    private static func hint(_ failure: FileFailure) -> String? {
        if let hint = failure.hint { return hint }
        if failure.isOutOfSpace { return "make room and run it again; nothing was lost" }
        return failure.errno == .permissionDenied ? Account.hint : nil
    }

    private static func hint(_ error: JournalError) -> String? {
        if case .file(let failure) = error { return hint(failure) }
        return error.hint
    }

    private static func status(of error: JournalError) -> ExitStatus {
        switch error {
        case .missing, .keyMissing: .notFound
        case .damaged: .damaged
        case .file(let failure) where failure.isLockTimeout: .deadlinePassed
        case .file, .poisoned: .failed
        case .unknownOutcome: .unknownWhetherRecorded
        case .badKeyFile, .foreignKey: .wrongKey
        case .exists, .unreadable, .unreadableEvent, .expectedSize, .idTaken, .eventTooLarge, .clockLeapt: .refused
        }
    }

    private static func status(of error: StoreError) -> ExitStatus {
        switch error.kind {
        case .missing: .notFound
        case .full: .failed
        case .corrupt: .damaged
        case .invalid: .usage
        case .conditionFailed, .unreachable, .denied, .refused: .mirror
        }
    }

    private static func status(of error: MirrorError) -> ExitStatus {
        switch error {
        case .store(let error): status(of: error)
        case .file(let failure): status(of: failure)
        case .journal(let error): status(of: error)
        case .checkpointUnreadable, .objectDamaged, .artifactDamaged, .witnessDamaged, .witnessDiffers, .linesDamaged:
            .damaged
        case .witnessGap: .refused
        case .recordMissing, .artifactMissing, .objectMissing, .nothingMirrored: .notFound
        case .otherJournal, .beforeSuccession, .newerEpoch, .mirrorIsAhead, .forked, .checkpointMissing, .overtaken,
            .conditionsIgnored, .conditionsRefused,
            .rolledBack:
            .mirror
        }
    }

    private static func status(of error: SealError) -> ExitStatus {
        switch error {
        case .alreadyThere, .noRecipient, .otherSnapshot: .refused
        case .leftoverDiffers: .damaged
        case .inProgress, .producerNotStarted, .producerFailed, .stream, .file, .compression, .cancelled: .failed
        }
    }

    private static func status(of error: OpenError) -> ExitStatus {
        switch error {
        case .encryption(.wrongKey): .wrongKey
        case .file(let failure) where failure.errno == .noSuchFileOrDirectory: .notFound
        case .otherLength, .otherContent, .changedMeanwhile, .encryption, .compression, .stream, .otherSnapshot,
            .outputTooLarge:
            .damaged
        case .file, .consumerNotStarted, .consumerFailed, .inProgress, .cancelled: .failed
        }
    }
}
