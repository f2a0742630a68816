import ArgumentParser
import Glibc
import Machines
import Mirror
import ObjectStore

/// The option of every command that reaches the mirror.
struct EndpointOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The bucket's endpoint, https://HOST, in place of what the mirror's URL, the configuration or the environment (S3_ENDPOINT, in this order) says.",
            valueName: "url"))
    var endpoint: String?
}

extension ConfigurationOption {
    /// The configuration, with what the command line says of the mirror.
    func load(_ mirror: EndpointOption) throws -> Machine { try using(mirror, try load()) }

    /// The same of what is a workstation's, or nobody's.
    func read(_ mirror: EndpointOption) throws -> Machine { try using(mirror, try read()) }

    private func using(_ mirror: EndpointOption, _ machine: Machine) throws -> Machine {
        var machine = machine
        if let endpoint = mirror.endpoint { machine.configuration.useEndpoint(try S3Endpoint(endpoint)) }
        return machine
    }
}
