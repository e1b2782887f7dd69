"""Templates: contracts, sandboxed rendering, canonical manifests. Pure: trees and a runner in, files out."""
