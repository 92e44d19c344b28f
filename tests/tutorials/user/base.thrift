struct Page { 1: i32 number = 1, 2: i32 size = 20 }
service Base { string version() }
