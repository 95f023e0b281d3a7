# SPDX-License-Identifier: BSD-3-Clause
"""Elbow for Spack 0.23 and later. From the top of the tree, which is what is built:

    spack repo add tools/packaging/spack
    spack dev-build elbow@0.2.0-dev

A site that keeps release archives adds `url` and checksums here, and then `spack install elbow` works from anywhere."""

from spack.package import *

try:  # Spack 1.0 and later keep the build systems in the repository of packages
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:
    pass


class Elbow(CMakePackage):
    """Trains variational autoencoders, data-parallel over MPI, to the same bits on any number of ranks."""

    license("BSD-3-Clause")

    version("0.2.0-dev")

    # Spack's compiler wrapper asks for the target's processor by itself (spack install elbow target=...).
    variant("native", default=False, description="Build for the processor of the building machine")
    variant("pages", default=True, description="Manual pages and bash completion")

    depends_on("c", type="build")
    depends_on("cmake@3.20:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("check", type=("build", "test"))

    depends_on("mpi@3:")
    depends_on("openblas")
    depends_on("hdf5@1.10:")  # serial or parallel: Elbow needs no parallel one
    depends_on("libyaml")
    depends_on("libpng")
    depends_on("cairo@1.16: +pdf +fc +ft")  # plots
    depends_on("zlib-api")
    depends_on("sleef")
    depends_on("xxhash")
    depends_on("random123")
    depends_on("libzip")  # of elbow-import, as are the next two
    depends_on("libjpeg-turbo")
    depends_on("libtiff")

    def cmake_args(self):
        return [
            self.define_from_variant("ELBOW_NATIVE", "native"),
            self.define_from_variant("ELBOW_PAGES", "pages"),
        ]

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def resolve_a_configuration(self):
        """Wants no MPI launcher: login nodes may have none."""
        configuration = join_path(self.prefix.share, "elbow", "configs", "shapes.yaml")
        Executable(join_path(self.prefix.bin, "elbow"))("config", configuration)
