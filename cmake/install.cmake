# cmake --install BUILD [--component program|framework|runtime|online|python] --prefix PREFIX
#
# program: `ams`, man pages, completion of bash, and PREFIX/share/ams: recipe tables and shipped data under
# the paths that they have in the tree, where `ams reproduce` finds them relative to the program.
set(AMS_DATA_DIR ${CMAKE_INSTALL_DATADIR}/ams)
install(TARGETS ams COMPONENT program)
if(AMS_HAS_MPI)
  install(TARGETS ams-mpi COMPONENT mpi EXCLUDE_FROM_ALL) # by its name alone: a package of it would bring MPI along
endif()
install(DIRECTORY ${PROJECT_BINARY_DIR}/cli/manual/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/cli/manual/ams.bash RENAME ams
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
# What the recipe of `ams reproduce` calls {shipped}.
install(FILES docs/shipped-data.md DESTINATION ${AMS_DATA_DIR}/docs COMPONENT program) # terms of the data
install(FILES data/README.md data/photos.h5 data/exits.h5 data/video.h5 DESTINATION ${AMS_DATA_DIR}/data COMPONENT program)
foreach(folder cube expected photos reproduce)
  install(DIRECTORY experiments/${folder} DESTINATION ${AMS_DATA_DIR}/experiments COMPONENT program
    FILES_MATCHING PATTERN *.ini PATTERN *.tsv)
endforeach()
# Where Debian's interpreter looks for modules of packages. Elsewhere pip installs it (python/README.md), so it is
# installed only when its component is asked for.
install(DIRECTORY python/ams DESTINATION lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN *.py PATTERN *.h PATTERN py.typed PATTERN __pycache__ EXCLUDE)
foreach(component program framework runtime online)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR}/${component} COMPONENT ${component})
endforeach()

# Debian packages, one per component: cmake --workflow --preset package
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME adaptive-model-scheduling)
set(CPACK_PACKAGE_VENDOR "The AMS authors")
set(CPACK_PACKAGE_CONTACT "The AMS authors <authors@ams.invalid>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_COMPONENTS_ALL program framework runtime online python)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)

# Debian has another /usr/bin/ams, a synthesizer.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ${CPACK_PACKAGE_NAME})
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONFLICTS ams)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS gnuplot-nox)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "Learns from recorded outputs which models to run on an item, and in which order.
The program ams trains, scores, schedules and serves policies.")
set(CPACK_DEBIAN_ONLINE_PACKAGE_NAME libams-dev)
set(CPACK_DEBIAN_ONLINE_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_ONLINE_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_COMPONENT_ONLINE_DESCRIPTION "The library to embed, with its header.
It decides by a trained policy which model to run next, without allocation or I/O.")
set(CPACK_DEBIAN_FRAMEWORK_PACKAGE_NAME libams-framework-dev)
set(CPACK_DEBIAN_FRAMEWORK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_FRAMEWORK_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_FRAMEWORK_PACKAGE_DEPENDS "libams-dev (= ${PROJECT_VERSION}), \
libams-framework${AMS_SOVERSION} (= ${PROJECT_VERSION}), pkg-config, libhdf5-dev, \
libopenblas-dev, libinih-dev, libjansson-dev, libarchive-dev, libxxhash-dev, zlib1g-dev, libdeflate-dev, libexpat1-dev")
if(AMS_ONNX)
  string(APPEND CPACK_DEBIAN_FRAMEWORK_PACKAGE_DEPENDS ", libprotobuf-c-dev")
endif()
set(CPACK_COMPONENT_FRAMEWORK_DESCRIPTION "The framework as a static and a shared C library, with its headers:
tables, the simulated environment, training, policies, evaluation and schedules under limits.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libams-framework${AMS_SOVERSION})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "The framework as a shared C library.
Programs that are linked to it and the Python package load it.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-ams)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3:any (>= 3.9), python3-numpy, python3-cffi-backend, \
libams-framework${AMS_SOVERSION} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS gnuplot-nox)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-pandas, python3-torch")
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Python package over the framework's shared library.
Records outputs, trains, evaluates, compares and schedules, and has environments as Gymnasium's.")
include(CPack)
