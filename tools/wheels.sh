# The pinned wheels that evergreen takes LibTorch and Arrow from, and how they are unpacked. Read by ./dev, and by the script
# `setup` of a release. Whoever reads it has say() and die().

# name, version, platform tag of the wheel, sha256
torch_wheels="
torch 2.11.0 manylinux_2_28_x86_64 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a
nvidia-cuda-runtime 13.0.96 manylinux2014_x86_64 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti 13.0.85 manylinux_2_25_x86_64 4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
arrow_wheels="
pyarrow 26.0.1 manylinux_2_28_x86_64 39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c"
arrow_parts=("pyarrow/libarrow.so.*" "pyarrow/libparquet.so.*" "pyarrow-*/licenses/*")
# LibTorch for the CPU is these parts of the wheels, and for those who compile torch/include; the libraries for GPUs stay packed.
torch_parts=(torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1
             "torch-*/licenses/*" "nvidia/cu13/lib/libcudart.so*" "nvidia/cu13/lib/libcupti.so*")

# For GPUs: what torch 2.11.0 asks for on x86_64, without the Python compiler (triton).
gpu_wheels="
torch 2.11.0 manylinux_2_28_x86_64 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a
nvidia-cublas 13.1.0.3 manylinux_2_27_x86_64 ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171
nvidia-cuda-nvrtc 13.0.88 manylinux2010_x86_64 ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575
nvidia-cudnn-cu13 9.19.0.56 manylinux_2_27_x86_64 d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf
nvidia-cufft 12.0.0.61 manylinux2014_x86_64 6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3
nvidia-cufile 1.15.1.6 manylinux2014_x86_64 08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44
nvidia-curand 10.4.0.35 manylinux_2_27_x86_64 1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc
nvidia-cusolver 12.0.4.66 manylinux_2_27_x86_64 0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112
nvidia-cusparse 12.6.3.3 manylinux2014_x86_64 2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b
nvidia-cusparselt-cu13 0.8.0 manylinux2014_x86_64 25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd
nvidia-nccl-cu13 2.28.9 manylinux_2_18_x86_64 e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42
nvidia-nvjitlink 13.0.88 manylinux2010_x86_64 13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b
nvidia-nvshmem-cu13 3.4.5 manylinux2014_x86_64 290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80
nvidia-nvtx 13.0.85 manylinux1_x86_64 4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4"
gpu_parts=("torch/lib/*.so*" "nvidia/*/lib/*.so*" "nvidia/nccl/include/*" "*.dist-info/licenses/*" "*.dist-info/License*")

# install_wheels FOLDER WHEELS WHAT PART...: unpacks the parts of the wheels into FOLDER, once; what it held is removed first,
# unless `keep` is set.
install_wheels() {
  local folder=$1 list=$2 what=$3
  shift 3
  local stamp downloads=$folder/wheels
  stamp=$folder/$(printf '%s' "$list" | sha256sum | cut -c1-16).done
  [ -e "$stamp" ] && return
  [ "$(uname -m)" = x86_64 ] || die "the pinned wheels are for x86_64. Set EVERGREEN_TORCH_DIR to the folder of an installed torch"
  say "fetching $what"
  [ -n "${keep:-}" ] || rm -rf "$folder"
  rm -rf "$downloads"
  mkdir -p "$downloads"
  local name version platform hash
  while read -r name version platform hash; do
    [ -z "$name" ] && continue
    printf '%s==%s --hash=sha256:%s\n' "$name" "$version" "$hash" > "$downloads/requirement.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
      --python-version 3.11 --implementation cp --abi cp311 --abi none --platform "$platform" \
      --dest "$downloads" -r "$downloads/requirement.txt" ||
      die "could not fetch $name $version. By hand: put that wheel's contents into $folder; or use an installed torch 2.11.0:
       export EVERGREEN_TORCH_DIR=\$(python3 -c 'import torch; print(torch.__path__[0])')"
  done <<< "$list"
  local wheel
  for wheel in "$downloads"/*.whl; do
    # unzip ends with 11 where a pattern matches nothing in this wheel: each wheel holds only some of the parts.
    unzip -q -o "$wheel" "$@" -d "$folder" 2>/dev/null || [ $? -eq 11 ] || die "cannot unpack $wheel"
  done
  rm -rf "$downloads"
  touch "$stamp"
}
